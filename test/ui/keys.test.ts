import test from 'ava';
import {initialState} from '../../src/session-state.ts';
import {keyBindings, nameKey} from '../../src/ui/keys.ts';
import {type ScreenName, initialView, screenOf} from '../../src/ui/view.ts';
import {smallestWindow} from '../../src/ui/window.ts';
import {buildModel, linesOf, pressAll} from '../helpers/model-builder.ts';

const modelOn = (screen: ScreenName) => buildModel({view: {...initialView('incident'), stack: ['incident', screen]}});
const footerOf = (screen: ScreenName, width: number): string => linesOf(modelOn(screen), {width, height: 24}).at(-1)!;
const texts: readonly ScreenName[] = ['ladder', 'matrix', 'evidence', 'claims', 'walk', 'journal', 'help', 'change'];

test('the footer has room for what a screen needs, and for help always', t => {
	for (const width of [80, 120, 200]) {
		for (const screen of texts) {
			t.regex(footerOf(screen, width), /\/ find .* c copy .*\? help {2}esc back {2}q quit/v, `${screen} at ${width}`);
		}

		for (const screen of ['ladder', 'matrix', 'evidence'] as const) {
			t.regex(footerOf(screen, width), /\/ find {2}n next {2}c copy {2}: command/v, `${screen} at ${width}`);
		}

		t.regex(footerOf('change', width), /y make this change {2}u undo/v);
		t.regex(footerOf('incident', width), /⏎ open {2}e evidence {2}f fix .*\/ filter .*\? help/v);
		t.regex(footerOf('runbook', width), /\? help/v);
	}
});

test('in the list of Services the footer names no key that is a letter to filter by', t => {
	const pick = buildModel({view: initialView('pick')});
	t.regex(linesOf(pick).at(-1)!, /a…z filter .*ctrl-c quit/v);
	for (const letter of ['q', 'k', 'J', 'g', 'n', '7']) {
		const {model, last} = pressAll(pick, [letter]);
		t.is(model.view.filter, letter.toLowerCase());
		t.is(last.deed, undefined);
	}

	t.is(pressAll(pick, ['ctrl-c']).last.deed, 'quit');
});

test('no key of the table is silent on a screen', t => {
	const keys = [...new Set(keyBindings.flatMap(binding => binding.keys))].filter(key => key !== 'a…z');
	for (const screen of ['incident', ...texts] as const) {
		for (const key of keys) {
			const model = modelOn(screen);
			const {model: {view}, last} = pressAll(model, [key]);
			const isOn = keyBindings.some(binding => binding.keys.includes(key) && binding.on !== 'everywhere' && binding.on.includes(screen));
			t.true(isOn || view.notice.startsWith(`${nameKey(key)} is no key of this screen, but of: `), `${key} on ${screen}`);
			t.true(isOn || last.deed === undefined);
		}
	}

	t.is(pressAll(modelOn('incident'), ['y']).model.view.notice, 'y is no key of this screen, but of: runbook, change');
});

test('what a screen of the incident leads to, every other one does as well', t => {
	for (const [key, screen] of [['e', 'evidence'], ['f', 'change'], ['l', 'ladder'], ['m', 'matrix'], ['a', 'claims'], ['t', 'walk'], ['s', 'shell']] as const) {
		for (const from of ['incident', 'ladder', 'matrix', 'evidence', 'claims', 'walk'] as const) {
			t.is(screenOf(pressAll(modelOn(from), [key]).model.view), screen, `${key} on ${from}`);
		}
	}
});

test('S opens the shell over the whole width at once, s beside the checklist', t => {
	const wide = pressAll(modelOn('incident'), ['S']);
	t.is(wide.last.deed, 'open-shell');
	t.true(wide.model.view.isShellWide);
	t.false(pressAll({...wide.model, view: {...wide.model.view, stack: ['incident']}}, ['s']).model.view.isShellWide);
});

test('the help says what each key does in one column', t => {
	const lines = linesOf(modelOn('help'), {width: 120, height: 200});
	const columns = [['↑ k', 'one line up'], ['pgdn ctrl-f space', 'one page down'], ['⏎', 'give the answer'], ['✓', 'as it should be']]
		.map(([keys, says]) => lines.find(text => text.startsWith(`  ${keys} `) && text.includes(says))?.indexOf(says));
	t.is(new Set(columns).size, 1, columns.join(' '));
});

test('a window that became too small is told what the screens want from the beginning', t => {
	t.true(linesOf(buildModel(), {width: 59, height: 12}).join('\n').includes(`59×12, ${smallestWindow.columns}×${smallestWindow.rows} is wanted`));
});

test('why a key can do nothing is said until another key is pressed, or until it is over', t => {
	const running = buildModel({isRunning: true, state: initialState});
	const refused = pressAll(running, ['f']).model;
	t.is(linesOf(refused).at(-1), ' there is no verdict yet');
	t.regex(linesOf({...buildModel(), view: refused.view}).at(-1)!, /f fix .* q quit/v);
	const again = pressAll(running, ['r']).model;
	t.is(linesOf(again).at(-1), ' it is still running');
	t.regex(linesOf({...again, isRunning: false}).at(-1)!, /q quit/v);
	for (const key of ['down', 'ctrl-x', 'Q', 'tab']) {
		t.regex(linesOf(pressAll(again, [key]).model).at(-1)!, /q quit/v);
	}

	t.is(linesOf({...again, view: {...again.view, notice: 'kept, and goes on'}}).at(-1), ' kept, and goes on');
});
