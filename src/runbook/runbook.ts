import type {FlowEnding} from '../packets/flow.ts';

/** What a number has to be. All that is said must hold. */
export type NumberExpectation = {
	readonly is?: number;
	readonly above?: number;
	readonly below?: number;
	readonly 'at-least'?: number;
	readonly 'at-most'?: number;
};

export const cellRows = ['client', 'client-direct', 'other-client', 'other-client-direct', 'itself', 'node', 'all'] as const;

/** Which probes: from whom, through the ClusterIP or straight to the endpoints. */
export type CellRow = typeof cellRows[number];

export const cellWords = ['open', 'failing', 'timeout', 'refused', 'unreachable', 'intermittent'] as const;

export type CellWord = typeof cellWords[number];

export type ProbeExpectation = Readonly<Partial<Record<CellRow, CellWord>>>;

export type InventoryExpectation = {readonly endpoints?: NumberExpectation; readonly 'same-node'?: boolean};

export type CheckExpectation = {
	readonly conclusion?: 'healthy' | 'fault' | 'undecided';
	/** The id of a check, or `none`. */
	readonly cause?: string;
	readonly certain?: boolean;
	readonly checks?: Readonly<Record<string, 'ok' | 'broken' | 'latent' | 'unknown'>>;
};

export type CaptureExpectation = Readonly<Partial<Record<'client' | 'node' | 'backend', NumberExpectation>>>;

export type CompareExpectation = {readonly 'impossible-reply'?: boolean; readonly masqueraded?: boolean; readonly ending?: FlowEnding};

export type VerifyExpectation = ProbeExpectation & Pick<CheckExpectation, 'conclusion' | 'cause'>;

export type CommandExpectation = {
	readonly exit?: number;
	readonly equals?: string;
	readonly contains?: string;
	readonly lacks?: string;
	readonly matches?: string;
	/** The first number of the output, or what `find` finds first. */
	readonly number?: NumberExpectation & {readonly find?: string};
};

export type Place = 'client' | 'backend' | 'node' | 'backend-node' | 'every-node';

export type Branches = Readonly<Record<string, readonly Step[] | null>>;

/** What a step does. `null` is an expectation that was left out. */
type Deed =
	| {readonly text: string}
	| {readonly inventory: InventoryExpectation | null}
	| {readonly probe: ProbeExpectation | null}
	| {readonly check: CheckExpectation | null}
	| {readonly capture: CaptureExpectation | null}
	| {readonly compare: CompareExpectation | null}
	| {readonly run: readonly string[]; readonly at: Place; readonly expect?: CommandExpectation; readonly seconds?: number}
	/** A check or a change; the nodes as `all`, `concerned`, or names with commas between. */
	| {readonly fix: string; readonly nodes?: string}
	| {readonly verify: VerifyExpectation | null}
	/** `last`, `all`, or the name of a step that fixes. */
	| {readonly undo: string}
	| {readonly ask: string; readonly answers: Branches}
	| {readonly choose: string; readonly cases: Branches}
	| {readonly stop: string; readonly call?: string; readonly as?: 'healthy' | 'fault' | 'undecided'};

export type Step = Deed & {readonly title?: string; readonly name?: string};

type KeyOf<T> = T extends unknown ? keyof T : never;

export type StepKind = Exclude<KeyOf<Deed>, 'at' | 'expect' | 'seconds' | 'nodes' | 'answers' | 'cases' | 'call' | 'as'>;

export type Variable = {readonly says?: string; readonly default?: string};

/** A written procedure that hairpin can walk through. */
export type Runbook = {
	readonly runbook: 'hairpin/runbook/v1';
	readonly title: string;
	readonly about?: string;
	readonly target?: {readonly service?: string; readonly from?: string; readonly namespace?: string};
	readonly variables?: Readonly<Record<string, Variable>>;
	readonly steps: readonly Step[];
};

export const stepKinds = ['text', 'inventory', 'probe', 'check', 'capture', 'compare', 'run', 'fix', 'verify', 'undo', 'ask', 'choose', 'stop'] as const satisfies readonly StepKind[];

export const kindOf = (step: Step): StepKind => stepKinds.find(kind => kind in step) ?? 'text';

/** The branches of a step, by their names; none where it has none. */
export const branchesOf = (step: Step): Branches => ('answers' in step ? step.answers : ('cases' in step ? step.cases : {}));

/** Every step, those of branches behind the one that they belong to. */
export const listSteps = (steps: readonly Step[]): readonly Step[] => steps.flatMap(step => [step, ...Object.values(branchesOf(step)).flatMap(branch => listSteps(branch ?? []))]);

/** Variables that the target gives, and those that a check leaves. No runbook may declare them. */
export const targetVariables = ['service', 'namespace', 'vip', 'port', 'client', 'client-ip', 'client-node', 'backend', 'backend-ip', 'backend-port', 'backend-node'] as const;
export const checkVariables = ['cause', 'conclusion'] as const;
