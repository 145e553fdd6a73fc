import test from 'ava';
import {repairsOfCause} from '../../src/check-command.ts';
import {copyOf, plainLine, textOf} from '../../src/ui/draw.ts';
import {initialView} from '../../src/ui/view.ts';
import {buildModel, linesOf, pressAll} from '../helpers/model-builder.ts';

const plain = buildModel();
const model = {...plain, repairs: repairsOfCause(plain.state)};
const small = {width: 80, height: 24};

test('enter opens what the verdict says is more: every command that repairs it, whole, to read and to copy', t => {
	t.regex(linesOf(model, small).join('\n'), /FIX .*\(\d+ more: enter\)/v);
	const {model: evidence} = pressAll(model, ['enter'], small);
	const shown = textOf(evidence, 80)!.map(spans => plainLine(spans).trim()).join(' ');
	const copied = new Set(copyOf(evidence, 80).split('\n').map(text => text.trimStart()));
	t.true(model.repairs.length > 5);
	for (const command of model.repairs) {
		t.true(copied.has(command.trimStart()), command);
		t.true(shown.replaceAll(/\s+/gv, ' ').includes(command.trim().replaceAll(/\s+/gv, ' ')), command);
	}
});

test('where enter opens something else, the way to it is named', t => {
	for (const pane of ['captures', 'reach'] as const) {
		t.regex(linesOf({...model, view: {...initialView('incident'), pane}}, small).join('\n'), /FIX .*\(\d+ more: tab to cause, enter\)/v);
	}

	const {model: onCause} = pressAll(model, ['left', 'enter'], small);
	t.true(textOf(onCause, 80)!.some(spans => plainLine(spans) === ' What repairs it'));
});

test('what is cut is told by one ellipsis', t => {
	for (const width of [80, 100, 120]) {
		t.deepEqual(linesOf(model, {width, height: 24}).filter(text => /…\s*…/v.test(text)), []);
	}
});
