import {
	type Line,
	cut,
	indentLines,
	line,
	span,
	wrap,
} from '../line.ts';
import type {Model} from '../model.ts';
import {spinnerAt} from '../theme.ts';

const hint = 'hairpin undo ID puts a change back, from any shell and any directory; hairpin keep ID keeps one that the nodes would undo by themselves.';

/** The changes that were made from here, the newest first under the heading. */
export const journalText = ({journal, nowMs, label}: Model, width: number): readonly Line[] => {
	if (journal === undefined) {
		return [line([` ${spinnerAt(nowMs)} `, 'accent'], ['reading the journal', 'dim'])];
	}

	const [head, ...entries] = journal.trimEnd().split('\n');
	return [
		line([cut(` ${head}`, width), entries.length > 0 ? 'strong' : 'dim']),
		...entries.toReversed().map(entry => line(cut(` ${entry}`, width))),
		// What a recording was changed into is known nowhere else.
		...(label ? [] : [[], ...indentLines(wrap(hint, width - 3, 'dim'), 1)]),
	];
};
