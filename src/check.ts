import type {Evidence, NodeEvidence, Origin} from './evidence/evidence.ts';
import type {Cell} from './probes/matrix.ts';

/** What a verdict rests on: the origin of a value, or a packet at a point. */
export type EvidenceRef =
	| {readonly kind: 'value'; readonly origin: Origin}
	| {readonly kind: 'packet'; readonly point: string; readonly frame: number; readonly says: string}
	| {readonly kind: 'object'; readonly object: string; readonly says: string};

export type Confidence = 'certain' | 'likely';

export type Verdict =
	| {readonly status: 'ok'; readonly because: string}
	/** `isSeen`: the fault itself was seen, where no probe of the matrix asks, such as in packets that a connection sends only once it is open. */
	| {readonly status: 'broken'; readonly because: string; readonly evidence: readonly EvidenceRef[]; readonly confidence: Confidence; readonly isSeen?: true}
	/** Does no harm now, but will: after a reboot, or once another fault is fixed. */
	| {readonly status: 'latent'; readonly because: string; readonly evidence: readonly EvidenceRef[]}
	| {readonly status: 'unknown'; readonly because: string};

/**
 The same question about a node by itself, where there is no target and no packet: what its settings would break.
 Hence `broken` is only ever likely. Sentences leave out the node's name, so that nodes with the same answer are told together.
 */
export type NodeCheck = {
	readonly judge: (node: NodeEvidence) => Verdict;
	/** What would repair it, typed on the node as root. Only asked where the verdict is broken or latent. */
	readonly repair: (node: NodeEvidence) => readonly string[];
};

/** One question about the evidence: a file of its own in checks/, where the catalogue finds it. */
export type Check = {
	/** The fault's name in the catalogue; also the name of the file. */
	readonly id: string;
	/** Where it stands on screen: hundreds are the Service and its pods (1), the bridge (2), hairpin (3), kube-proxy (4), the node and its ways (5), and whether any of it applies (6). */
	readonly place: number;
	/** True when healthy. */
	readonly title: string;
	/** For someone who has never heard of it: why this setting decides the path. */
	readonly explain: string;
	/** Pure: the same evidence gives the same verdict. */
	readonly judge: (evidence: Evidence) => Verdict;
	/** Would this fault make this probe fail in the way it failed? Only asked of checks that are broken. */
	readonly explains: (cell: Cell, evidence: Evidence) => boolean;
	/** Is that other fault, also broken, only what comes of this one, and gone once this one is repaired? */
	readonly bringsAbout?: (other: Check['id'], evidence: Evidence) => boolean;
	/** What would repair it, as a person would type it, best first. */
	readonly repair: (evidence: Evidence) => readonly string[];
	/** What hairpin itself can change to repair it, best first, such as `br-netfilter` or `masquerade-all=true`; a function where that depends on what was found. */
	readonly fixedBy?: readonly string[] | ((evidence: Evidence) => readonly string[]);
	/** Only where the setting is one of the node. */
	readonly ofNode?: NodeCheck;
};

/** What hairpin can change to repair a check's fault, best first; nothing where that is not known without evidence. */
export const changesFor = ({fixedBy}: Check, evidence: Evidence | undefined): readonly string[] =>
	(typeof fixedBy === 'function' ? (evidence ? fixedBy(evidence) : []) : fixedBy ?? []);

/** A check together with its answer. */
export type Finding = {
	readonly check: Check;
	readonly verdict: Verdict;
};
