import type {Consent} from '../consent.ts';
import type {Access, Connection} from './access.ts';
import {deferStream} from './defer-stream.ts';

/** A way onto nodes, opened when it is first tried. */
export type Way = {
	readonly name: string;
	readonly open: () => Promise<Access>;
};

type Refused = Extract<Connection, {readonly ok: false}>;

/** What the first way says decides; the reasons of the others are told with it. */
const joinRefusals = (refusals: ReadonlyArray<readonly [name: string, refusal: Refused]>): Refused => {
	const because = refusals.map(([name, refusal]) => (refusals.length === 1 ? refusal.because : `${name}: ${refusal.because}`)).join('; ');
	return {
		ok: false, because, tryThis: refusals.at(0)?.[1].tryThis ?? 'name a way onto it: --ssh NODE=USER@HOST, or --via kubernetes --image IMAGE', isForbidden: refusals.some(([, {isForbidden}]) => isForbidden === true),
	};
};

/** Opens each way once, when it is first needed. */
const createOpener = () => {
	const opened = new Map<string, Promise<Access>>();
	return {
		async open(way: Way): Promise<Access> {
			const access = opened.get(way.name) ?? way.open();
			opened.set(way.name, access);
			return access;
		},
		async closeAll(): Promise<void> {
			const accesses = await Promise.all(opened.values());
			await Promise.all(accesses.map(async access => access.close()));
		},
	};
};

type Chosen = {readonly connection: Connection; readonly access?: Access};

const chooseWay = async (node: string, ways: readonly Way[], open: (way: Way) => Promise<Access>): Promise<Chosen> => {
	const refusals: Array<readonly [string, Refused]> = [];
	for (const way of ways) {
		// eslint-disable-next-line no-await-in-loop
		const access = await open(way);
		// eslint-disable-next-line no-await-in-loop
		const connection = await access.connect(node);
		if (connection.ok) {
			return {connection, access};
		}

		refusals.push([way.name, connection]);
	}

	return {connection: joinRefusals(refusals)};
};

const refused = () => deferStream('sh -s', Promise.resolve({because: 'nobody agreed to a change, so none is made'}));

/** One access over several ways: for each node the first way of its list that works. Nothing is changed by it without consent. */
export const createMixedAccess = (waysOf: (node: string) => readonly Way[], consent?: Consent): Access => {
	const opener = createOpener();
	const pending = new Map<string, Promise<Connection>>();
	const chosen = new Map<string, Access>();

	const connectTo = async (node: string): Promise<Connection> => {
		const {connection, access} = await chooseWay(node, waysOf(node), opener.open);
		if (access) {
			chosen.set(node, access);
		}

		return connection;
	};

	const accessOf = (node: string): Access => {
		const access = chosen.get(node);
		if (!access) {
			throw new Error(`${node} is not connected`);
		}

		return access;
	};

	return {
		async connect(node) {
			const connection = pending.get(node) ?? connectTo(node);
			pending.set(node, connection);
			return connection;
		},
		run: async (point, script, options) => accessOf(point.node).run(point, script, options),
		stream: (point, script) => accessOf(point.node).stream(point, script),
		change: (node, script) => (consent ? accessOf(node).change(node, script) : refused()),
		shell: point => chosen.get(point.node)?.shell?.(point),
		async close() {
			await Promise.allSettled(pending.values());
			await opener.closeAll();
		},
	};
};
