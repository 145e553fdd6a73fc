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
import type {Tools} from './bring-tools.ts';
import {describeProcess} from './owner.ts';
import {createGate, type Gate} from './gate.ts';
import {composeRemoteScript, composeShellScript, startMarker} from './remote-script.ts';
import {type CommandResult, runCommand, startCommand} from './run.ts';
import {explainSshFailure} from './ssh-failure.ts';
import {type Master, type NoMaster, openMaster} from './ssh-master.ts';

export type SshOptions = {
	/** What to give to ssh for a node, in the order in which to try: `--ssh NODE=DEST`, or its name and then its address. */
	readonly destinationsOf: (node: string) => readonly string[];
	readonly configFile: string | undefined;
	/** Brings the programs that a node lacks; resolves with the directory that they are in, where there is one. */
	readonly bringTools?: (access: Access, node: string, missing: readonly string[]) => Promise<Tools | undefined>;
};

// Sshd allows ten sessions on one connection by default (MaxSessions in sshd_config(5)); one keeps the connection open, and one may keep tools of ours there.
const maxSessions = 8;

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

/** The directories with tools of ours on nodes that lack some, each brought once. */
const createToolbox = (bring: SshOptions['bringTools']) => {
	const brought = new Map<string, Promise<Tools | undefined>>();
	const directories = new Map<string, string>();
	const bringTo = async (access: Access, node: string, missing: readonly string[]): Promise<Tools | undefined> => {
		const tools = await bring?.(access, node, missing);
		if (tools?.ok) {
			directories.set(node, tools.directory);
		}

		return tools;
	};

	return {
		directoryOf: (node: string): string | undefined => directories.get(node),
		async equip(access: Access, node: string, missing: readonly string[]): Promise<void> {
			const tools = brought.get(node) ?? (missing.length === 0 ? Promise.resolve(undefined) : bringTo(access, node, missing));
			brought.set(node, tools);
			await tools;
		},
		async close(): Promise<void> {
			await Promise.all(brought.values().map(async bringing => {
				const tools = await bringing;
				await (tools?.ok ? tools.close() : undefined);
			}));
		},
	};
};

/** Reaches nodes with the user's own OpenSSH client: one connection for each node, shared by all that runs there. */
export const createSshAccess = async (options: SshOptions): Promise<Access> => {
	const connections = await createConnections(options);
	const toolbox = createToolbox(options.bringTools);

	const run = async (point: Point, script: Script, runOptions: RunOptions = {}): Promise<Answer> => {
		const master = await connections.masterOf(point.node);
		if (!master.ok) {
			return {...master, command: `ssh ${master.destination}`};
		}

		const gate = connections.gateOf(point.node);
		await gate.enter();
		try {
			return interpretResult(master, point, await runCommand(master.argv, {...runOptions, input: composeRemoteScript(point, script, '', toolbox.directoryOf(point.node))}));
		} finally {
			gate.leave();
		}
	};

	const stream = (point: Point, script: Script): Stream =>
		startCommand(connections.openMasterOf(point.node).argv, composeRemoteScript(point, script, '', toolbox.directoryOf(point.node)));

	const access: Access = {
		async connect(node) {
			const master = await connections.masterOf(node);
			if (!master.ok) {
				return master;
			}

			await toolbox.equip(access, node, master.missing);
			return {ok: true, way: 'ssh'};
		},
		run,
		stream,
		shell: point => connections.openMasterOf(point.node).shellArgv(composeShellScript(point, toolbox.directoryOf(point.node))),
		// Runs on also when we, and with us the tools, are gone: with the node's own programs alone.
		change: (node, script) => startCommand(connections.openMasterOf(node).argv, composeRemoteScript({kind: 'node', node}, script)),
		async close() {
			await toolbox.close();
			await connections.close();
		},
	};
	return access;
};
