import type {Stream} from './access.ts';
import {neededPrograms} from './needed-programs.ts';
import {quoteWord} from './remote-script.ts';
import {readTail, runCommand, startCommand} from './run.ts';
import {explainSshFailure, type Failure} from './ssh-failure.ts';

/** An open connection to a node: `argv` runs `sh -s` there as root, over that connection. */
export type Master = {
	readonly ok: true;
	readonly destination: string;
	/** Programs that we need and the node lacks. */
	readonly missing: readonly string[];
	readonly argv: readonly string[];
	/** The words that run a script there as root, on a terminal. */
	shellArgv(script: string): readonly string[];
	close(): Promise<void>;
};

export type NoMaster = Failure & {
	readonly ok: false;
	readonly destination: string;
};

type Connection = {
	readonly destination: string;
	readonly socket: string;
	readonly configFile: string | undefined;
};

const connectTimeoutSeconds = 10;
const readyTimeoutMs = 30_000;

// The session ends, and the connection with it, when our end of its standard input closes, also by kill -9.
const waitForUs = 'sh -c \'PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin; lack=; for tool in ' + neededPrograms.join(' ') + '; do command -v $tool >/dev/null || lack="$lack $tool"; done; command -v bash >/dev/null || command -v nc >/dev/null || command -v curl >/dev/null || lack="$lack nc"; if [ "$(id -u)" = 0 ]; then as=root; elif sudo -n true 2>/dev/null; then as=sudo; elif command -v sudo >/dev/null; then as=password; else as=nobody; fi; echo "hairpin: ready $as$lack"; exec cat\'';

const baseArgv = ({socket, configFile}: Connection): readonly string[] => [
	'ssh',
	...(configFile === undefined ? [] : ['-F', configFile]),
	'-T',
	'-o',
	'BatchMode=yes',
	'-o',
	'RemoteCommand=none',
	'-o',
	'ClearAllForwardings=yes',
	'-o',
	'LogLevel=ERROR',
	'-o',
	`ControlPath=${socket}`,
];

const mainArgv = (connection: Connection): readonly string[] => [
	...baseArgv(connection),
	'-o',
	'ControlMaster=yes',
	'-o',
	'ControlPersist=no',
	'-o',
	`ConnectTimeout=${connectTimeoutSeconds}`,
	'-o',
	'ServerAliveInterval=5',
	'--',
	connection.destination,
	waitForUs,
];

/** The words after "ready": as whom we are in, and what the node lacks; undefined when the connection ended before. */
const readReadiness = async (session: Stream): Promise<readonly string[] | undefined> => {
	let text = '';
	for await (const chunk of session.stdout) {
		text += new TextDecoder().decode(chunk);
		const ready = /hairpin: ready (?<words>[\w \-]+)\n/v.exec(text);
		if (ready) {
			return ready.groups?.words.split(' ');
		}
	}

	return undefined;
};

const sudoFailure = (destination: string, as: string): Failure => ({
	because: as === 'password' ? `sudo on ${destination} wants a password` : `${destination} lets us in, but not as root, and has no sudo`,
	tryThis: 'reading other network namespaces needs root: log in as root (--ssh NODE=root@HOST) or allow this user sudo without a password (NOPASSWD)',
});

const openOne = async (connection: Connection): Promise<Master | NoMaster> => {
	const {destination} = connection;
	const session = startCommand(mainArgv(connection), '');
	const errors = readTail(session.stderr, 10_000);
	const timer = setTimeout(() => {
		session.kill();
	}, readyTimeoutMs);
	const [as, ...missing] = await readReadiness(session) ?? [];
	clearTimeout(timer);
	if (as === undefined) {
		session.kill();
		return {ok: false, destination, ...explainSshFailure(destination, await errors)};
	}

	if (as !== 'root' && as !== 'sudo') {
		session.finish();
		return {ok: false, destination, ...sudoFailure(destination, as)};
	}

	return {
		ok: true,
		destination,
		missing,
		argv: [...baseArgv(connection), '-o', 'ControlMaster=no', '--', destination, as === 'sudo' ? 'sudo -n sh -s' : 'sh -s'],
		shellArgv: script => [...baseArgv(connection).map(word => (word === '-T' ? '-tt' : word)), '-o', 'ControlMaster=no', '--', destination, `${as === 'sudo' ? 'sudo -n ' : ''}sh -c ${quoteWord(script)}`],
		async close() {
			session.finish();
			await runCommand([...baseArgv(connection), '-O', 'exit', '--', destination], {timeoutMs: 2000});
			await session.ended;
		},
	};
};

/** Opens the first destination that answers. A name that does not resolve is followed by the next address; other failures are final. */
export const openMaster = async (destinations: readonly string[], socket: string, configFile: string | undefined): Promise<Master | NoMaster> => {
	let last: Master | NoMaster = {
		ok: false, destination: '?', because: 'no address is known', tryThis: 'say how to reach it: --ssh NODE=USER@HOST',
	};
	for (const [index, destination] of destinations.entries()) {
		// eslint-disable-next-line no-await-in-loop
		last = await openOne({destination, socket: `${socket}.${index}`, configFile});
		if (last.ok || !last.because.includes('does not resolve')) {
			return last;
		}
	}

	return last;
};
