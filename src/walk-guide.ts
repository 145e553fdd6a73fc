import {giveConsent} from './consent.ts';
import type {PeopleOptions} from './runbook/people.ts';
import type {Runbook} from './runbook/runbook.ts';
import type {People, WalkNews} from './runbook/scene.ts';
import {describeStep, type Walk} from './runbook/walk.ts';
import {describeInForce, formatEnd} from './runbook/walk-text.ts';
import type {Guide, Guided, GuidedStep} from './ui/guide.ts';

/** A guide, and what moves it on. */
export type WalkGuide = Guide & {
	readonly tell: (news: WalkNews) => void;
	/** A line of what goes on meanwhile. */
	readonly warn: (line: string) => void;
	/** The person at the keys: whoever leaves answers nothing more. */
	readonly people: (options: PeopleOptions, signal: AbortSignal) => People;
	readonly end: (walked: Walk) => void;
};

const describeSteps = ({steps}: Runbook): readonly GuidedStep[] => steps.map((step, index) => ({
	number: String(index + 1), title: step.title ?? describeStep(step), state: 'waiting', lines: [],
}));

/** The steps with one that begins; a step of a branch comes behind the one that led to it. */
const beginStep = (steps: readonly GuidedStep[], number: string, title: string): readonly GuidedStep[] => {
	const begun: GuidedStep = {
		number, title, state: 'going', lines: [],
	};
	if (steps.some(step => step.number === number)) {
		return steps.map(step => (step.number === number ? begun : step));
	}

	const parent = number.slice(0, number.lastIndexOf('.'));
	const at = steps.findLastIndex(step => step.number === parent || step.number.startsWith(`${parent}.`)) + 1;
	return steps.toSpliced(at, 0, begun);
};

const moveOn = (steps: readonly GuidedStep[], news: WalkNews): readonly GuidedStep[] => {
	switch (news.type) {
		case 'step-begun': {
			return beginStep(steps, news.number, news.title);
		}

		case 'step-told': {
			return steps.map(step => (step.state === 'going' ? {...step, lines: [...step.lines, ...news.lines]} : step));
		}

		case 'change-shown': {
			return steps.map(step => (step.state === 'going' ? {...step, lines: [...step.lines, news.text]} : step));
		}

		case 'step-ended': {
			return steps.map(step => (step.number === news.step.number ? {...step, state: news.step.outcome, lines: [...step.lines, ...formatEnd(news.step)]} : step));
		}
	}
};

/** Asks one question at a time. */
const createAsking = (update: (part: Pick<Guided, 'asked'>) => void) => {
	let settle: ((answer: string) => void) | undefined;
	return {
		async ask(question: string, answers: readonly string[], signal: AbortSignal): Promise<string> {
			const {promise, resolve, reject} = Promise.withResolvers<string>();
			settle = resolve;
			signal.addEventListener('abort', () => {
				reject(signal.reason as Error);
			}, {once: true});
			update({asked: {question, answers}});
			signal.throwIfAborted();
			return promise;
		},
		answer(text: string): void {
			update({asked: undefined});
			settle?.(text);
			settle = undefined;
		},
	};
};

/** Shows a walk through a runbook beside the panes, and asks with keys. */
export const createWalkGuide = (runbook: Runbook): WalkGuide => {
	let guided: Guided = {
		title: runbook.title, steps: describeSteps(runbook), asked: undefined, ending: undefined,
	};
	let show: (guided: Guided) => void = () => undefined;
	const update = (part: Partial<Guided>): void => {
		guided = {...guided, ...part};
		show(guided);
	};

	const asking = createAsking(update);
	return {
		start(listener) {
			show = listener;
			show(guided);
		},
		answer: asking.answer,
		tell(news) {
			update({steps: moveOn(guided.steps, news)});
		},
		warn(line) {
			update({steps: moveOn(guided.steps, {type: 'step-told', lines: [line]})});
		},
		people: ({answers, isAgreed, isReadOnly}, signal) => ({
			answer: async (name, question, known) => answers.get(name) ?? asking.ask(question, known, signal),
			agree: async question => giveConsent({isReadOnly, isAgreed: isAgreed || (!isReadOnly && await asking.ask(question, [], signal) === 'yes')}),
		}),
		end(walked) {
			update({asked: undefined, ending: [walked.sentence, ...describeInForce(walked)].join('; ')});
		},
	};
};
