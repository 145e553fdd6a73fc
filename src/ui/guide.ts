import type {Fitted} from './repair.ts';

/** A step of a written procedure, as it stands in the list. */
export type GuidedStep = {
	/** `3`, or in a branch `3.1`. */
	readonly number: string;
	readonly title: string;
	/** `waiting` is not begun yet, `going` is the one that is done now. */
	readonly state: 'waiting' | 'going' | 'done' | 'met' | 'unmet' | 'undecided' | 'stopped' | 'failed';
	/** What was told of it, in lines, and changes that were shown. */
	readonly lines: ReadonlyArray<string | Fitted>;
};

/** What a person is asked at this moment. */
export type Asked = {
	readonly question: string;
	/** Empty where a change or a command is to be agreed to. */
	readonly answers: readonly string[];
};

/** A written procedure as far as it was walked. */
export type Guided = {
	readonly title: string;
	readonly steps: readonly GuidedStep[];
	readonly asked: Asked | undefined;
	/** What it came to; undefined while it is walked. */
	readonly ending: string | undefined;
};

/** Walks a person through a procedure beside the panes. */
export type Guide = {
	readonly start: (show: (guided: Guided) => void) => void;
	/** Agrees with `yes`, refuses with `no`, or gives one of the answers. */
	readonly answer: (text: string) => void;
};
