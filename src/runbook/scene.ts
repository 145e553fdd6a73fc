import type {Entry} from '../changes/journal.ts';
import type {Consent} from '../consent.ts';
import {podLabel} from '../cluster/pod-label.ts';
import {probedBackends} from '../probes/plan.ts';
import type {SessionState} from '../session-state.ts';
import type {Target} from '../target.ts';
import type {Judged} from './expect.ts';
import type {Looker} from './look.ts';
import type {Mender} from './mend.ts';
import type {Step, StepKind} from './runbook.ts';
import {fillText} from './variables.ts';

/** What a step came to. done: nothing was expected · met, unmet: as expected or not · undecided: it could not be told · stopped: the runbook ends here · failed: it could not be done. */
export type Outcome = 'done' | 'met' | 'unmet' | 'undecided' | 'stopped' | 'failed';

/** A step that was walked. */
export type WalkedStep = {
	/** `3`, or in a branch `3.1`. */
	readonly number: string;
	readonly kind: StepKind;
	readonly name: string | undefined;
	readonly title: string;
	readonly outcome: Outcome;
	/** One sentence. */
	readonly says: string;
	readonly expectations: readonly Judged[];
	/** What was seen, in lines. */
	readonly evidence: readonly string[];
	/** The journal's id of a change that was made or put back. */
	readonly change: string | undefined;
	readonly ms: number;
};

export type WalkNews =
	| {readonly type: 'step-begun'; readonly number: string; readonly kind: StepKind; readonly title: string}
	/** Something to read before the step ends, such as what would be put back. */
	| {readonly type: 'step-told'; readonly lines: readonly string[]}
	/** A change that is asked about, laid out for so many columns. */
	| {readonly type: 'change-shown'; readonly text: (columns: number) => string}
	| {readonly type: 'step-ended'; readonly step: WalkedStep};

export type People = {
	/** One of the answers; undefined where nobody answers. */
	answer(name: string, question: string, answers: readonly string[]): Promise<string | undefined>;
	/** Throws `UserFacingError` where nobody agrees. */
	agree(question: string): Promise<Consent>;
};

export type WalkTools = {
	readonly looker: Looker;
	readonly mender: Mender;
	readonly people: People;
	readonly tell: (news: WalkNews) => void;
	/** Milliseconds. */
	readonly now: () => number;
	/** Given with --set, and defaults. */
	readonly values: ReadonlyMap<string, string>;
};

/** A change that this walk made. */
export type SceneChange = {readonly name: string | undefined; readonly entry: Entry; isInForce: boolean};

/** What a walk knows between its steps. */
export type Scene = {
	readonly tools: WalkTools;
	readonly values: Map<string, string>;
	/** The last examination, until something is changed. */
	state: SessionState | undefined;
	readonly changes: SceneChange[];
};

/** What doing a step brought, before its number and time are known. */
export type Done = {
	readonly outcome: Outcome;
	readonly says: string;
	readonly expectations?: readonly Judged[];
	readonly evidence?: readonly string[];
	readonly change?: string;
	/** Steps to go on with, and what they are called. */
	readonly branch?: readonly Step[];
	/** Ends the walk with this, where the outcome alone does not say it. */
	readonly exitCode?: number;
};

export const fill = ({values}: Scene, text: string): string => fillText(text, values);

/** Values that the target gives. */
const describeTarget = (target: Target): ReadonlyMap<string, string> => {
	const {service, port, client} = target;
	const backend = probedBackends(target).at(0);
	const endpoint = target.endpoints.find(({ip}) => ip === backend?.ip) ?? target.endpoints.at(0);
	return new Map([
		['service', service.name],
		['namespace', service.namespace],
		['vip', service.clusterIp],
		['port', String(port.port)],
		['client', podLabel(client)],
		['client-ip', client.ip],
		['client-node', client.node],
		...(backend ? [['backend', podLabel(backend)], ['backend-node', backend.node]] as const : []),
		...(endpoint ? [['backend-ip', endpoint.ip], ['backend-port', String(endpoint.port)]] as const : []),
	]);
};

/** What is known of the target from now on. */
export const noteTarget = ({values}: Scene, target: Target | undefined): void => {
	for (const [name, value] of target ? describeTarget(target) : []) {
		values.set(name, value);
	}
};

/** Looks anew, with captures, and remembers it until something is changed. */
export const examine = async (scene: Scene): Promise<SessionState> => {
	const state = await scene.tools.looker.examine();
	scene.state = state;
	noteTarget(scene, state.target);
	scene.values.set('cause', state.diagnosis?.cause?.check.id ?? 'none');
	scene.values.set('conclusion', state.diagnosis?.conclusion ?? 'undecided');
	return state;
};

/** What was seen before is no longer so. */
export const forget = async (scene: Scene): Promise<void> => {
	scene.state = undefined;
	await scene.tools.looker.renew();
};
