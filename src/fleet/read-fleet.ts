import type {Access} from '../access/access.ts';
import {createGate} from '../access/gate.ts';
import {checks} from '../catalogue/index.ts';
import type {Node} from '../cluster/cluster.ts';
import {readNode} from '../evidence/collect.ts';
import type {NodeNews, NodeReport, UnreadNode} from './fleet.ts';
import {judgeNode} from './judge-node.ts';

export type FleetTools = {
	readonly openAccess: () => Access;
	/** How many nodes are read at a time. */
	readonly concurrency: number;
	readonly signal: AbortSignal;
	/** Called with every node as soon as it is there. */
	readonly tell: (news: NodeNews) => void;
};

// A connection stays open until its access is closed, and each one is a process of ours.
const nodesPerAccess = 100;

const readOne = async (access: Access, node: Node, signal: AbortSignal): Promise<NodeNews> => {
	const connection = await access.connect(node.name);
	if (!connection.ok) {
		const {because, tryThis} = connection;
		return {type: 'node-unread', unread: {node: node.name, because, tryThis}};
	}

	const news = await readNode(access, node.name, {vip: '', endpointIps: [], signal});
	if (news.type === 'node-read') {
		// V8 keeps a whole text alive for every substring that was cut from it; a copy lets go of what the node printed.
		return {type: 'node-judged', report: structuredClone(judgeNode(checks, news.evidence, node, connection.way))};
	}

	const {because, tryThis} = 'because' in news ? news : {because: 'it told nothing', tryThis: 'run it again'};
	return {type: 'node-unread', unread: {node: node.name, because, tryThis}};
};

const readSome = async (nodes: readonly Node[], tools: FleetTools): Promise<readonly NodeNews[]> => {
	const access = tools.openAccess();
	const gate = createGate(tools.concurrency);
	try {
		const news = await Promise.all(nodes.map(async node => {
			await gate.enter();
			try {
				const one = tools.signal.aborted ? undefined : await readOne(access, node, tools.signal);
				// What was cut off by the signal says nothing about the node.
				return tools.signal.aborted
					? []
					: [one].filter(item => item !== undefined).map(item => {
						tools.tell(item);
						return item;
					});
			} finally {
				gate.leave();
			}
		}));
		return news.flat();
	} finally {
		await access.close();
	}
};

/** Reads and judges nodes, some at a time; in their order. After the signal it resolves with those that were there before it. */
export const readFleet = async (nodes: readonly Node[], tools: FleetTools): Promise<{readonly reports: readonly NodeReport[]; readonly unread: readonly UnreadNode[]}> => {
	const news: NodeNews[] = [];
	for (let start = 0; start < nodes.length && !tools.signal.aborted; start += nodesPerAccess) {
		// eslint-disable-next-line no-await-in-loop
		news.push(...await readSome(nodes.slice(start, start + nodesPerAccess), tools));
	}

	return {
		reports: news.flatMap(item => (item.type === 'node-judged' ? [item.report] : [])),
		unread: news.flatMap(item => (item.type === 'node-unread' ? [item.unread] : [])),
	};
};
