import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {
	type Access,
	type Answer,
	type Point,
	type RunOptions,
	type Script,
	type Stream,
	pointLabel,
} from './access.ts';
import {describeProcess} from './owner.ts';
import {createGate, type Gate} from './gate.ts';
import {composeRemoteScript, startMarker} from './remote-script.ts';
import {type CommandResult, runCommand, startCommand} from './run.ts';
import {explainSshFailure} from './ssh-failure.ts';
import {type Master, type NoMaster, openMaster} from './ssh-master.ts';

export type SshOptions = {
	/** What to give to ssh for a node, in the order in which to try: `--ssh NODE=DEST`, or its name and then its address. */
	readonly destinationsOf: (node: string) => readonly string[];
	readonly configFile: string | undefined;
};

// Sshd allows ten sessions on one connection by default (MaxSessions in sshd_config(5)); one keeps the connection open.
const maxSessions = 9;

const describe = (master: Master, point: Point): string =>
	`ssh ${master.destination} sh -s${point.kind === 'pod' ? ` (in the network namespace of ${pointLabel(point)})` : ''}`;

const interpretResult = (master: Master, point: Point, result: CommandResult): Answer => {
	const command = describe(master, point);
	if (result.isTimedOut) {
		return {
			ok: false, command, because: `${pointLabel(point)} did not answer within ${Math.round(result.ms / 1000)} s`, tryThis: 'is the node overloaded or its network down? Try: ssh NODE uptime',
		};
	}

	if (!result.stderr.includes(startMarker)) {
		return {ok: false, command, ...explainSshFailure(master.destination, result.stderr)};
	}

	const stderr = result.stderr.replace(`${startMarker}\n`, '');
	return {
		ok: true, command, stdout: result.stdout, stderr, exitCode: result.exitCode ?? 1, ms: result.ms,
	};
};

/** The file of a directory of sockets that tells whose they are. */
export const ownerFile = 'owner';

type Connections = {
	masterOf(node: string): Promise<Master | NoMaster>;
	openMasterOf(node: string): Master;
	gateOf(node: string): Gate;
	close(): Promise<void>;
};

const createConnections = async ({destinationsOf, configFile}: SshOptions): Promise<Connections> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'hairpin-'));
	await writeFile(path.join(directory, ownerFile), describeProcess(process.pid));
	const pending = new Map<string, Promise<Master | NoMaster>>();
	const open = new Map<string, Master>();
	const gates = new Map<string, Gate>();

	const connect = async (node: string, socket: string): Promise<Master | NoMaster> => {
		const master = await openMaster(destinationsOf(node), socket, configFile);
		if (master.ok) {
			open.set(node, master);
		}

		return master;
	};

	return {
		async masterOf(node) {
			const master = pending.get(node) ?? connect(node, path.join(directory, String(pending.size)));
			pending.set(node, master);
			return master;
		},
		openMasterOf(node) {
			const master = open.get(node);
			if (!master) {
				throw new Error(`${node} is not connected`);
			}

			return master;
		},
		gateOf(node) {
			const gate = gates.get(node) ?? createGate(maxSessions);
			gates.set(node, gate);
			return gate;
		},
		async close() {
			await Promise.all(pending.values());
			await Promise.all(open.values().map(async master => master.close()));
			await rm(directory, {recursive: true, force: true});
		},
	};
};

/** Reaches nodes with the user's own OpenSSH client: one connection for each node, shared by all that runs there. */
export const createSshAccess = async (options: SshOptions): Promise<Access> => {
	const connections = await createConnections(options);

	const run = async (point: Point, script: Script, runOptions: RunOptions = {}): Promise<Answer> => {
		const master = await connections.masterOf(point.node);
		if (!master.ok) {
			return {...master, command: `ssh ${master.destination}`};
		}

		const gate = connections.gateOf(point.node);
		await gate.enter();
		try {
			return interpretResult(master, point, await runCommand(master.argv, {...runOptions, input: composeRemoteScript(point, script)}));
		} finally {
			gate.leave();
		}
	};

	const stream = (point: Point, script: Script): Stream =>
		startCommand(connections.openMasterOf(point.node).argv, composeRemoteScript(point, script));

	return {
		async connect(node) {
			const master = await connections.masterOf(node);
			return master.ok ? {ok: true, way: 'ssh'} : master;
		},
		run,
		stream,
		change: (node, script) => stream({kind: 'node', node}, script),
		close: connections.close,
	};
};
