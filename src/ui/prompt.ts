import {type KeyBinding, commandBindings} from './keys.ts';
import type {Model} from './model.ts';
import type {Prompt} from './view.ts';

/** A prompt in which nothing was typed yet, or this. The caret stands at the end. */
export const promptOf = (kind: Prompt['kind'], text = ''): Prompt => ({kind, text, caret: text.length});

type Edit = (typed: Prompt) => Prompt;

const moveTo = (caretOf: (typed: Prompt) => number): Edit => typed => ({...typed, caret: Math.max(0, Math.min(typed.text.length, caretOf(typed)))});

/** Takes away what stands between two places. */
const cutOut = (between: (typed: Prompt) => readonly [from: number, to: number]): Edit => typed => {
	const [from, to] = between(typed);
	return {...typed, text: typed.text.slice(0, from) + typed.text.slice(to), caret: from};
};

const wordBefore = ({text, caret}: Prompt): number => text.slice(0, caret).trimEnd().lastIndexOf(' ') + 1;

const [home, end, left, right] = [moveTo(() => 0), moveTo(({text}) => text.length), moveTo(({caret}) => caret - 1), moveTo(({caret}) => caret + 1)];

// As in readline.
const edits: Readonly<Record<string, Edit>> = {
	left,
	'ctrl-b': left,
	right,
	'ctrl-f': right,
	home,
	'ctrl-a': home,
	end,
	'ctrl-e': end,
	backspace: cutOut(({caret}) => [Math.max(0, caret - 1), caret]),
	delete: cutOut(({caret}) => [caret, caret + 1]),
	'ctrl-d': cutOut(({caret}) => [caret, caret + 1]),
	'ctrl-u': cutOut(({caret}) => [0, caret]),
	'ctrl-k': cutOut(({text, caret}) => [caret, text.length]),
	'ctrl-w': cutOut(typed => [wordBefore(typed), typed.caret]),
};

/** What is typed after a key: the text of the key goes in at the caret. */
export const editPrompt = (typed: Prompt, key: string, text: string): Prompt =>
	edits[key]?.(typed) ?? {...typed, text: typed.text.slice(0, typed.caret) + text + typed.text.slice(typed.caret), caret: typed.caret + text.length};

/** The commands that there are: those of a runbook's own screen only where one is walked. */
const commandsOf = ({guided}: Model): readonly KeyBinding[] => commandBindings.filter(({on}) => guided !== undefined || on === 'everywhere' || on.some(screen => screen !== 'runbook'));

/** What can be typed on: commands, and after `fix` the changes. */
export const completionsOf = (model: Model, text: string): readonly string[] => [
	...commandsOf(model).map(({command = ''}) => command),
	...(text.startsWith('fix ') ? model.changeNames.map(name => `fix ${name}`) : []),
].filter(command => command.startsWith(text));

/** What a command does that was typed whole, or as far as only one begins so. */
export const findCommand = (model: Model, text: string): KeyBinding | undefined => {
	const commands = commandsOf(model);
	const [only, ...others] = commands.filter(({command}) => command?.startsWith(text));
	return commands.find(({command}) => command === text) ?? (others.length === 0 ? only : undefined);
};

/** What was typed, completed as far as all that can be typed on agree. */
export const completeCommand = (model: Model, typed: string): Prompt => {
	const [first = typed, ...others] = completionsOf(model, typed);
	const apart = [...first].findIndex((letter, index) => others.some(other => other[index] !== letter));
	return promptOf('command', apart === -1 ? first : first.slice(0, apart));
};
