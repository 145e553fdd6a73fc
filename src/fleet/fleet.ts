import type {EvidenceRef, Verdict} from '../check.ts';
import type {NodeSettings} from './settings.ts';

/** What one check found on one node. What is in order is not told. */
export type NodeFinding = {
	readonly id: string;
	readonly title: string;
	readonly status: Exclude<Verdict['status'], 'ok'>;
	readonly because: string;
	readonly evidence: readonly EvidenceRef[];
	readonly repair: readonly string[];
};

/** One node, as far as a report needs it: what it was read from is not kept. */
export type NodeReport = {
	readonly node: string;
	readonly ip: string;
	readonly way: string;
	readonly settings: NodeSettings;
	readonly findings: readonly NodeFinding[];
};

export type UnreadNode = {
	readonly node: string;
	readonly because: string;
	readonly tryThis: string;
};

/** All that is known of some nodes, in the order of the cluster's list. */
export type Fleet = {
	readonly reports: readonly NodeReport[];
	readonly unread: readonly UnreadNode[];
	/** Facts worth telling that are no failure. */
	readonly notes: readonly string[];
	/** False where the list of nodes could not be read to its end. */
	readonly isWhole: boolean;
};

export type NodeNews =
	| {readonly type: 'node-judged'; readonly report: NodeReport}
	| {readonly type: 'node-unread'; readonly unread: UnreadNode};
