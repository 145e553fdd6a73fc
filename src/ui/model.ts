import type {Check} from '../check.ts';
import type {SessionState} from '../session-state.ts';
import type {ShellScreen} from '../terminal/screen.ts';
import type {Guided} from './guide.ts';
import type {Label, Pair, PickList} from './incident-source.ts';
import type {ShownChange} from './repair.ts';
import type {View} from './view.ts';

/** A shell that is open in a pane. */
export type OpenShell = {
	/** Where it is, and the command that opened it. */
	readonly title: string;
	readonly command: string;
	readonly screen: ShellScreen;
	/** Why it ended, or undefined while it runs. */
	readonly ended: string | undefined;
};

/** Everything that is drawn. Drawing is a pure function of it and of the window's size. */
export type Model = {
	readonly state: SessionState;
	readonly view: View;
	/** In the order on screen, known before the first verdict. */
	readonly checks: readonly Check[];
	/** What is going on right now, in a few words. */
	readonly doing: string;
	/** What a person would type to repair the cause. */
	readonly repairs: readonly string[];
	readonly isRunning: boolean;
	/** Why it could not run, and what to try. */
	readonly failure: {readonly because: string; readonly tryThis: string} | undefined;
	/** Milliseconds since the session's start. */
	readonly nowMs: number;
	readonly label: Label | undefined;
	readonly pair: Pair | undefined;
	readonly pickList: PickList | undefined;
	readonly canPick: boolean;
	readonly canShell: boolean;
	readonly shell: OpenShell | undefined;
	/** Why no key may change anything, or undefined. */
	readonly whyUnchangeable: string | undefined;
	/** What can be named after `:fix`. */
	readonly changeNames: readonly string[];
	readonly canUndo: boolean;
	/** Why nothing can be kept as a bundle, or undefined. */
	readonly whyUnkept: string | undefined;
	readonly canKeepPackets: boolean;
	/** The changes that were made from here, as the journal tells them; undefined until it was read. */
	readonly journal: string | undefined;
	/** The written procedure that is walked, or undefined. */
	readonly guided: Guided | undefined;
	/** The repair that was looked at last. */
	readonly change: ShownChange | undefined;
};
