import type {Evidence, Known, NodeEvidence} from '../evidence/evidence.ts';
import type {Target} from '../target.ts';

/** A key of a YAML or JSON document: names of fields, and numbers of list items. */
export type KeyPath = ReadonlyArray<string | number>;

export type Scalar = string | number | boolean;

/** One setting of a node as it should be. */
export type Edit =
	/** A file of our own, whole. */
	| {readonly kind: 'file'; readonly path: string; readonly content: string}
	/** One key of somebody's file; every other byte stays. */
	| {readonly kind: 'yaml' | 'json'; readonly path: string; readonly key: KeyPath; readonly value: Scalar}
	/** Key as in /proc/sys: `net/ipv4/ip_forward`. */
	| {readonly kind: 'sysctl'; readonly key: string; readonly value: string}
	| {readonly kind: 'module'; readonly name: string}
	/** hairpin_mode of a bridge port. */
	| {readonly kind: 'bridge-port'; readonly port: string; readonly value: 0 | 1}
	/** `nf_call_iptables` of one bridge. */
	| {readonly kind: 'bridge-flag'; readonly bridge: string; readonly flag: string; readonly value: 0 | 1}
	/** An iptables rule, put first in its chain; no word has a blank. */
	| {readonly kind: 'rule'; readonly program: string; readonly table: string; readonly words: readonly string[]};

/** A running daemon that reads its configuration only when it starts. */
export type Restart = {readonly daemon: string; readonly pid: number};

/** What a change does on one node. */
export type NodePlan = {
	readonly node: string;
	readonly edits: readonly Edit[];
	readonly restarts: readonly Restart[];
	/** The proxy mode whose rules are removed once the new one acts, and what the undo removes. */
	readonly leftoversOf?: {readonly before: string; readonly after: string};
};

/** A text inside a Kubernetes object: one field that is replaced only where it still reads as it did. */
export type ObjectPlan = {
	readonly resource: 'configmaps' | 'services';
	readonly namespace: string;
	readonly name: string;
	/** JSON pointer (RFC 6901) of the field. */
	readonly pointer: string;
	readonly before: Scalar | Readonly<Record<string, string>>;
	readonly after: Scalar | Readonly<Record<string, string>>;
};

/** A DaemonSet whose pods read their configuration only when they start. */
export type Rollout = {readonly namespace: string; readonly name: string};

/** Whether kube-proxy's configuration is in files on nodes, or in a ConfigMap for all of them. */
export type ProxyDeployment =
	| {readonly kind: 'units'}
	| {readonly kind: 'daemon-set'; readonly namespace: string; readonly name: string; readonly configMap: string; readonly key: string; readonly text: string}
	/** Recognised, and not ours to change: what its owner would type. */
	| {readonly kind: 'managed'; readonly by: string; readonly tryThis: string};

/** What a recipe may look at. `evidence` is there where a Service and a client were named. */
export type Kitchen = {
	readonly nodes: readonly NodeEvidence[];
	readonly evidence: Evidence | undefined;
	readonly proxy: ProxyDeployment;
};

export type NotApplicable = {readonly refused: string; readonly tryThis: string};

export type Plan = {
	readonly nodes: readonly NodePlan[];
	readonly objects: readonly ObjectPlan[];
	readonly rollouts: readonly Rollout[];
	/** What it may bring to light or does besides, in sentences. */
	readonly notes: readonly string[];
};

/** How one thing is changed. Values are those that it can be given; where there are none it is simply done. */
export type Recipe = {
	/** The word on the command line, such as `masquerade-all`. */
	readonly name: string;
	readonly values: readonly string[];
	readonly title: (value: string) => string;
	/** What it decides and when it helps, for somebody who never heard of it. */
	readonly why: string;
	/** What it costs, in sentences; empty where nothing. */
	readonly price: (value: string) => readonly string[];
	/** Which connections it cuts. */
	readonly cuts: string;
	/** Whether connections break, so that agreeing takes a second key. */
	readonly isCutting?: boolean;
	readonly plan: (kitchen: Kitchen, value: string) => Plan | NotApplicable;
	/** Whether it can be given this value; those of `values` always. */
	readonly accepts?: (value: string) => boolean;
	/** Whether it acts on a node, as its kernel and daemons show; asked until it does. */
	readonly isInForce: (node: NodeEvidence, value: string, plan: Plan) => Known<boolean>;
	/** The node's evidence as if it acted, for predictions; of its rules what they will be, unless `isRewritingRules` says otherwise. */
	readonly assume: (node: NodeEvidence, value: string, plan: Plan, evidence: Evidence) => NodeEvidence;
	/** What is examined as if it acted, where it changes that; undefined where nobody knows where the Service will lead. */
	readonly assumeTarget?: (target: Target, value: string) => Target | undefined;
	/** True where `assume` does not tell of the rules what they will be. */
	readonly isRewritingRules?: boolean;
};

/** A recipe with its value and what it would do here. */
export type Change = {
	/** `masquerade-all=true`, or the name alone. */
	readonly id: string;
	readonly recipe: Recipe;
	readonly value: string;
	readonly plan: Plan;
};

export const nameChange = ({name, values}: Recipe, value: string): string => (values.length === 0 ? name : `${name}=${value}`);
