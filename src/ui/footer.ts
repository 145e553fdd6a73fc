import {
	bindingsOn,
	nameKey,
	noticeOf,
	rankOf,
} from './keys.ts';
import {
	type Line,
	line,
	lineWidth,
	span,
} from './line.ts';
import type {Model} from './model.ts';
import {completionsOf} from './prompt.ts';
import {spinnerAt} from './theme.ts';
import {type Prompt, screenOf} from './view.ts';

/** The keys of this screen; where there is not room for all, those that it needs most. */
const drawKeys = (model: Model, width: number): Line => {
	const screen = screenOf(model.view);
	// The two keys of moving are told as one.
	const words = bindingsOn(screen).filter(({says, does}) => says !== undefined && does !== 'move-down').map((binding, index) => ({
		key: binding.does === 'move-up' ? '↑↓' : nameKey(binding.keys[0]), says: binding.says ?? '', isOff: binding.offWhen?.(model) !== undefined, rank: rankOf(screen, binding, index),
	}));
	const widthOf = (shown: typeof words): number => shown.reduce((sum, {key, says}) => sum + key.length + says.length + 3, 0);
	const leastFirst = words.filter(({rank}) => rank !== undefined).toSorted((one, other) => (other.rank ?? 0) - (one.rank ?? 0));
	const left = new Set(words);
	for (const word of leastFirst) {
		if (widthOf([...left]) <= width) {
			break;
		}

		left.delete(word);
	}

	return [...left].flatMap(({key, says, isOff}): Line => [span(' '), span(key, isOff ? 'dim' : 'accent'), span(` ${says} `, 'dim')]);
};

/** As many words as there is room for, and how many more there are. */
const fitWords = (words: readonly string[], room: number): string => {
	const isWhole = words.join(' ').length <= room;
	const count = isWhole ? words.length : words.findLastIndex((_, index) => `${words.slice(0, index).join(' ')} … ${words.length - index} more`.length <= room);
	return isWhole ? words.join(' ') : `${words.slice(0, Math.max(0, count)).join(' ')} … ${words.length - Math.max(0, count)} more`;
};

const drawPrompt = (model: Model, {kind, text, caret}: Prompt, width: number): Line => {
	const typed = line([kind === 'command' ? ' :' : ' /', 'accent'], text.slice(0, caret), ['▏', 'accent'], text.slice(caret));
	const completions = kind === 'command' ? fitWords(completionsOf(model, text), width - lineWidth(typed) - 3) : '';
	return [...typed, ...line([`  ${completions}`, 'dim'])];
};

/** The last line: what is typed, what answers the last key, or the keys. */
export const drawFooter = (model: Model, width: number): Line => {
	const {prompt, isLeaving} = model.view;
	const notice = noticeOf(model);
	if (isLeaving) {
		return line(' ', [spinnerAt(model.nowMs), 'accent'], ' leaving: captures end, what was made goes; ctrl-c again leaves at once');
	}

	if (prompt) {
		return drawPrompt(model, prompt, width);
	}

	return notice === '' ? drawKeys(model, width) : line([` ${notice}`, 'warn']);
};
