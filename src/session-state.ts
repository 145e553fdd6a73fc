import type {AccessNews} from './access/access.ts';
import type {CaptureEvidence} from './capture/capture-evidence.ts';
import {podLabel} from './cluster/pod-label.ts';
import type {Diagnosis} from './diagnosis.ts';
import type {Evidence, NodeEvidence, PodEvidence} from './evidence/evidence.ts';
import type {Finding} from './check.ts';
import type {SeenAtPoint} from './packets/seen-packet.ts';
import type {FullSize} from './probes/full-size.ts';
import type {Lookup} from './probes/lookup.ts';
import {type Cell, isFurther, nameCell} from './probes/matrix.ts';
import type {Target} from './target.ts';

/** What happened in a session, in the past tense. `atMs` counts from the session's start. */
export type SessionEvent = {readonly atMs: number} & (
	| AccessNews
	| {readonly type: 'target-resolved'; readonly target: Target}
	| {readonly type: 'node-reached'; readonly node: string; readonly way: string}
	| {readonly type: 'point-unreachable'; readonly point: string; readonly because: string; readonly tryThis: string; readonly isForbidden?: boolean}
	| {readonly type: 'node-read'; readonly evidence: NodeEvidence}
	| {readonly type: 'pod-read'; readonly evidence: PodEvidence}
	| {readonly type: 'capture-armed'; readonly label: string; readonly command: string}
	| {readonly type: 'capture-failed'; readonly label: string; readonly because: string}
	/** Names of the cells, in the order in which they are shown. */
	| {readonly type: 'probes-fired'; readonly cells: readonly string[]}
	| {readonly type: 'opening-seen'}
	/** Packets that captures brought since the last such event. */
	| {readonly type: 'packets-seen'; readonly points: readonly SeenAtPoint[]}
	/** What the checks say of the evidence so far. Told only to who watches. */
	| {readonly type: 'checks-judged'; readonly findings: readonly Finding[]}
	| {readonly type: 'probe-answered'; readonly cell: Cell}
	| {readonly type: 'full-size-tried'; readonly ways: readonly FullSize[]}
	| {readonly type: 'name-looked-up'; readonly lookups: readonly Lookup[]}
	| {readonly type: 'flow-decided'; readonly capture: CaptureEvidence}
	| {readonly type: 'capture-stopped'; readonly capture: CaptureEvidence}
	| {readonly type: 'diagnosed'; readonly diagnosis: Diagnosis; readonly isFinal: boolean}
);

/** Milliseconds since the session's start. The verdict is the first one that names a certain cause, else the last one. */
export type Timing = {
	readonly armedMs: number | undefined;
	readonly firstOpeningMs: number | undefined;
	readonly verdictMs: number | undefined;
	readonly endMs: number;
};

/** A capture as it runs: its newest packets, and how many there were. */
export type LiveCapture = SeenAtPoint & {
	/** Why it could not be armed. */
	readonly problem: string | undefined;
	readonly command: string;
	/** When its last packet came, in milliseconds since the session's start. */
	readonly lastAtMs: number | undefined;
};

export type SessionState = {
	readonly target: Target | undefined;
	readonly reached: ReadonlyMap<string, string>;
	readonly unreachable: ReadonlyMap<string, {readonly because: string; readonly tryThis: string; readonly isForbidden?: boolean}>;
	/** Why the cluster lets us make no pods of our own. */
	readonly podsRefused: {readonly because: string; readonly tryThis: string} | undefined;
	readonly nodes: ReadonlyMap<string, NodeEvidence>;
	readonly pods: ReadonlyMap<string, PodEvidence>;
	readonly planned: readonly string[];
	readonly matrix: readonly Cell[];
	/** Packets of full size; undefined as long as none was sent. */
	readonly fullSize: readonly FullSize[] | undefined;
	/** What name servers said of the Service's name; undefined as long as none was asked. */
	readonly lookups: readonly Lookup[] | undefined;
	readonly capture: CaptureEvidence | undefined;
	/** By the label of the point, in the order in which they were armed. */
	readonly live: ReadonlyMap<string, LiveCapture>;
	/** What the checks say so far; complete once there is a diagnosis. */
	readonly findings: readonly Finding[];
	readonly diagnosis: Diagnosis | undefined;
	readonly timing: Timing;
};

export const initialState: SessionState = {
	target: undefined,
	reached: new Map(),
	unreachable: new Map(),
	podsRefused: undefined,
	nodes: new Map(),
	pods: new Map(),
	planned: [],
	matrix: [],
	fullSize: undefined,
	lookups: undefined,
	capture: undefined,
	live: new Map(),
	findings: [],
	diagnosis: undefined,
	timing: {
		armedMs: undefined, firstOpeningMs: undefined, verdictMs: undefined, endMs: 0,
	},
};

const withEntry = <K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> => new Map([...map, [key, value]]);

/** A later answer replaces an earlier one; the order is that of the plan, whoever answers first, and what was not planned comes last. */
const withCell = ({matrix, planned}: SessionState, cell: Cell): readonly Cell[] => {
	const placeOf = (one: Cell): number => (isFurther(one) ? planned.length : planned.indexOf(nameCell(one)));
	return [...matrix.filter(other => nameCell(other) !== nameCell(cell)), cell].toSorted((a, b) => placeOf(a) - placeOf(b));
};

// More rows than anybody scrolls through; what was captured in full is with --captures.
const maxLiveRows = 1000;

const nobody = {
	role: 'unknown', total: 0, rows: [], problem: undefined, command: '', lastAtMs: undefined,
} as const;

const withLive = ({live}: SessionState, label: string, change: Partial<LiveCapture>): ReadonlyMap<string, LiveCapture> =>
	withEntry(live, label, {
		...nobody, ...live.get(label), ...change, label,
	});

const withSeen = (state: SessionState, points: readonly SeenAtPoint[], atMs: number): ReadonlyMap<string, LiveCapture> => {
	let {live} = state;
	for (const {label, role, total, rows} of points) {
		const before = live.get(label)?.rows ?? [];
		live = withLive({...state, live}, label, {
			role, total, rows: [...before, ...rows].slice(-maxLiveRows), lastAtMs: atMs,
		});
	}

	return live;
};

type Reducers = {
	readonly [Type in SessionEvent['type']]: (state: SessionState, event: Extract<SessionEvent, {type: Type}>) => Partial<SessionState>;
};

const timed = (state: SessionState, times: Partial<Timing>): Timing => ({...state.timing, ...times});

const reducers: Reducers = {
	'target-resolved': (_state, {target}) => ({target}),
	'pods-announced': () => ({}),
	'pods-refused': (_state, {because, tryThis}) => ({podsRefused: {because, tryThis}}),
	'node-pod-waited': () => ({}),
	'container-announced': () => ({}),
	'tools-missing': () => ({}),
	'pods-left': () => ({}),
	'node-reached': (state, {node, way}) => ({reached: withEntry(state.reached, node, way)}),
	'point-unreachable': (state, {point, because, tryThis, isForbidden}) => ({unreachable: withEntry(state.unreachable, point, {because, tryThis, isForbidden})}),
	'node-read': (state, {evidence}) => ({nodes: withEntry(state.nodes, evidence.node, evidence)}),
	'pod-read': (state, {evidence}) => ({pods: withEntry(state.pods, podLabel({namespace: evidence.namespace, name: evidence.pod}), evidence)}),
	'capture-armed': (state, {atMs, label, command}) => ({
		timing: timed(state, {armedMs: atMs}),
		live: withLive(state, label, {command}),
	}),
	'capture-failed': (state, {label, because}) => ({live: withLive(state, label, {problem: because})}),
	'probes-fired': (_state, {cells}) => ({planned: cells}),
	'opening-seen': (state, {atMs}) => ({timing: timed(state, {firstOpeningMs: atMs})}),
	'packets-seen': (state, {points, atMs}) => ({live: withSeen(state, points, atMs)}),
	'checks-judged': (_state, {findings}) => ({findings}),
	'probe-answered': (state, {cell}) => ({matrix: withCell(state, cell)}),
	'full-size-tried': (_state, {ways}) => ({fullSize: ways}),
	'name-looked-up': (_state, {lookups}) => ({lookups}),
	'flow-decided': (_state, {capture}) => ({capture}),
	'capture-stopped': (_state, {capture}) => ({capture}),
	diagnosed: (state, {diagnosis, atMs}) => ({diagnosis, findings: diagnosis.findings, timing: timed(state, {verdictMs: state.timing.verdictMs ?? atMs})}),
};

/** The state after an event. Pure; the screen, the text and the JSON are drawn from its result alone. */
export const reduce = (state: SessionState, event: SessionEvent): SessionState => {
	const change = (reducers[event.type] as (state: SessionState, event: SessionEvent) => Partial<SessionState>)(state, event);
	const next = {...state, ...change};
	return {...next, timing: {...next.timing, endMs: event.atMs}};
};

/** The same entries in an order that does not depend on who answered first. */
const inOrder = <V>(map: ReadonlyMap<string, V>, keys: readonly string[]): ReadonlyMap<string, V> =>
	new Map(keys.flatMap(key => {
		const value = map.get(key);
		return value === undefined ? [] : [[key, value]];
	}));

/** What the checks may read, once the target is known. */
export const evidenceOf = (state: SessionState): Evidence => {
	if (!state.target) {
		throw new Error('there is no evidence before the target is known');
	}

	const {target, nodes, pods} = state;
	return {
		target,
		nodes: inOrder(nodes, target.nodes.keys().toArray()),
		pods: inOrder(pods, pods.keys().toArray().toSorted((a, b) => a.localeCompare(b))),
		matrix: state.matrix,
		fullSize: state.fullSize,
		lookups: state.lookups,
		capture: state.capture,
		unreachable: new Map(state.unreachable.entries().map(([point, {because}]) => [point, because])),
	};
};
