import test from 'ava';
import {plainLine} from '../../src/ui/draw.ts';
import type {ShownChange} from '../../src/ui/repair.ts';
import {drawFitted} from '../../src/ui/screens/change.ts';
import {initialView} from '../../src/ui/view.ts';
import {buildModel, linesOf, pressAll} from '../helpers/model-builder.ts';

const modelIn = (phase: ShownChange['phase'], isCutting: boolean) => buildModel({
	view: {...initialView('incident'), stack: ['incident', 'change']},
	change: {
		phase, isCutting, preview: () => 'systemctl restart kube-proxy', news: [], result: undefined, failure: undefined,
	},
});

for (const [phase, key, deed] of [['ready', 'y', 'make-change'], ['made', 'u', 'undo-change']] as const) {
	test(`${deed}: one key, and two where connections break`, t => {
		t.is(pressAll(modelIn(phase, false), [key]).last.deed, deed);
		const once = pressAll(modelIn(phase, true), [key]);
		t.is(once.last.deed, undefined);
		t.is(linesOf(once.model).at(-1), ` this cuts connections: ${key} once more`);
		t.regex(linesOf(modelIn(phase, true)).join('\n'), new RegExp(`cuts connections, so ${key} twice`, 'v'));
		t.is(pressAll(once.model, [key]).last.deed, deed);
		const other = pressAll(once.model, ['down', key]);
		t.is(other.last.deed, undefined);
		t.is(pressAll(other.model, [key]).last.deed, deed);
	});
}

test('a line of a diff that is too long goes on below in its colour, and is told from the next one', t => {
	const lines = drawFitted(() => '@@\n+a long line of a file that has more words than fit\n+b', 30);
	t.deepEqual(lines.map(spans => plainLine(spans)), [' @@', ' +a long line of a file', ' ↳ that has more words than', ' ↳ fit', ' +b']);
	t.is(new Set(lines.slice(1).map(spans => spans.at(-1)!.look)).size, 1);
});
