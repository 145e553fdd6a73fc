import type {Check} from '../check.ts';
import type {SessionEvent, SessionState} from '../session-state.ts';
import type {Guide} from './guide.ts';
import type {BeginRepair} from './repair.ts';

/** What to examine: `svc/nginx:8080` from `pod/mars1`; without `from` the pod that tells most. */
export type Pair = {readonly service: string; readonly from: string | undefined};

/** A line of the pick list. */
export type PickItem = {
	readonly kind: 'svc' | 'pod';
	readonly name: string;
	/** Such as its address and ports, or its node. */
	readonly detail: string;
	/** What is wrong with it at first sight: `no ready pods`. Empty where nothing is. */
	readonly trouble: string;
};

export type PickList =
	| {readonly namespace: string; readonly services: readonly PickItem[]; readonly pods: readonly PickItem[]}
	| {readonly because: string; readonly tryThis: string};

/** A place where a shell can be had, and the command line that opens one. */
export type ShellPoint = {readonly title: string; readonly argv: readonly string[]};

/** What is shown where it is no cluster of now: a word, such as `PRACTICE`, and what it means. */
export type Label = {readonly word: string; readonly says: string};

/** Where the screens get an incident from: a cluster, or a recording. */
export type IncidentSource = {
	/** Always shown. */
	readonly label?: Label;
	readonly checks: readonly Check[];
	/** Runs one session to its end. What keeps it from beginning is thrown as a `UserFacingError`; `notice` is told what goes wrong beside it. */
	readonly run: (pair: Pair, watch: (event: SessionEvent, state: SessionState) => void, signal: AbortSignal, notice: (text: string) => void) => Promise<SessionState>;
	/** What a person would type to repair the cause, best first; empty without one. */
	readonly repairs: (state: SessionState) => readonly string[];
	/** Repairs causes by key; undefined where nothing may be changed. */
	readonly beginRepair?: BeginRepair;
	/** What it can be told to change besides, such as `masquerade-all=true`. */
	readonly changes?: readonly string[];
	/** Why there is no `beginRepair`. */
	readonly whyUnchangeable?: string;
	/** The changes that were made from here, as text. */
	readonly journal?: () => Promise<string>;
	/** Writes what is examined into a bundle, in a new file, and goes on writing; `notice` is told where that ends early, and what to do. Resolves with the file's name; why it cannot be written is thrown as a `UserFacingError`. */
	readonly keepBundle?: (file: string | undefined, notice: (text: string) => void) => Promise<string>;
	/** Why there is no `keepBundle`. */
	readonly whyUnkept?: string;
	/** Writes the packets of all points into one new file for Wireshark. Resolves with its name. */
	readonly keepPackets?: () => Promise<string>;
	/** What was written, and what opens it: told in the end. */
	readonly filesKept?: () => readonly string[];
	/** A written procedure that `run` walks through: it is the first screen then. */
	readonly guide?: Guide;
	/** What is said last, in place of what would repair it. */
	readonly farewell?: readonly string[];
	/** Services and pods to choose from. */
	readonly list?: () => Promise<PickList>;
	/** The points of the target that can be entered: client, backends, their nodes. */
	readonly shells?: (state: SessionState) => readonly ShellPoint[];
	/** Ends what the source holds open, and removes what was made. */
	readonly close: () => Promise<void>;
};
