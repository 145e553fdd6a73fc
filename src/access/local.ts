import {hostname, networkInterfaces} from 'node:os';
import process from 'node:process';
import {
	type Access,
	type Answer,
	type Point,
	type RunOptions,
	type Script,
	pointLabel,
} from './access.ts';
import {composeRemoteScript, composeShellScript, startMarker} from './remote-script.ts';
import {runCommand, startCommand} from './run.ts';
import type {Failure} from './ssh-failure.ts';

const describe = (point: Point): string => `sh -s${point.kind === 'pod' ? ` (in the network namespace of ${pointLabel(point)})` : ''}`;

const shortName = (name: string): string => name.split('.', 1)[0].toLowerCase();

const isOurAddress = (address: string): boolean => Object.values(networkInterfaces()).flat().some(entry => entry?.address === address);

/** Whether this machine is the node: by its address where the cluster told one, by its name otherwise. */
export const isThisMachine = (node: string, address: string | undefined): boolean =>
	(address === undefined || address === '' ? shortName(node) === shortName(hostname()) : isOurAddress(address));

const findRoot = async (): Promise<readonly string[] | Failure> => {
	if (process.getuid?.() === 0) {
		return ['sh', '-s'];
	}

	const sudo = await runCommand(['sudo', '-n', 'true'], {timeoutMs: 5000});
	return sudo.exitCode === 0
		? ['sudo', '-n', 'sh', '-s']
		: {
			because: 'hairpin does not run as root on this node, and sudo wants a password',
			tryThis: 'reading other network namespaces needs root: run it with sudo',
		};
};

/** Looks at the node that we run on. */
export const createLocalAccess = (addressOf: (node: string) => string | undefined): Access => {
	let found: Promise<readonly string[] | Failure> | undefined;
	let argv: readonly string[] = ['false'];

	const connect: Access['connect'] = async node => {
		if (!isThisMachine(node, addressOf(node))) {
			return {ok: false, because: `this machine is not ${node}`, tryThis: `run hairpin on ${node}, or reach it from here: --ssh ${node}=USER@HOST`};
		}

		found ??= findRoot();
		const root = await found;
		if ('because' in root) {
			return {ok: false, ...root};
		}

		argv = root;
		return {ok: true, way: 'local'};
	};

	const run = async (point: Point, script: Script, options: RunOptions = {}): Promise<Answer> => {
		const command = describe(point);
		const result = await runCommand(argv, {...options, input: composeRemoteScript(point, script)});
		if (result.isTimedOut || !result.stderr.includes(startMarker)) {
			return {
				ok: false, command, because: `${pointLabel(point)} did not answer within ${Math.round(result.ms / 1000)} s`, tryThis: 'is this machine overloaded? Try: uptime',
			};
		}

		return {
			ok: true, command, stdout: result.stdout, stderr: result.stderr.replace(`${startMarker}\n`, ''), exitCode: result.exitCode ?? 1, ms: result.ms,
		};
	};

	return {
		connect,
		run,
		stream: (point, script) => startCommand(argv, composeRemoteScript(point, script)),
		change: (node, script) => startCommand(argv, composeRemoteScript({kind: 'node', node}, script), {isDetached: true}),
		shell: point => [...argv.slice(0, -1), '-c', composeShellScript(point)],
		close: async () => undefined,
	};
};
