import test from 'ava';
import {buildModel, linesOf, pressAll} from '../helpers/model-builder.ts';

const footerAfter = (...keys: readonly string[]): string => linesOf(pressAll(buildModel(), keys).model).at(-1)!;

test('what is typed is edited as in readline', t => {
	const typed = [':', ...'fix one'];
	for (const [keys, text] of [
		[['backspace'], 'fix on▏'],
		[['left', 'left', 'X'], 'fix oX▏ne'],
		[['left', 'right', 'X'], 'fix oneX▏'],
		[['home', 'X'], 'X▏fix one'],
		[['ctrl-a', 'delete'], '▏ix one'],
		[['home', 'end', 'X'], 'fix oneX▏'],
		[['home', 'left', 'backspace'], '▏fix one'],
		[['left', 'delete'], 'fix on▏'],
		[['ctrl-w'], 'fix ▏'],
		[['ctrl-w', 'ctrl-w'], '▏'],
		[['left', 'ctrl-u'], '▏e'],
		[['left', 'ctrl-k'], 'fix on▏'],
	] as const) {
		const footer = footerAfter(...typed, ...keys);
		t.true(footer.startsWith(` :${text}`), `${keys.join(' ')}: ${footer}`);
	}
});

test('ctrl-c leaves, also from a prompt; esc only closes it', t => {
	for (const prompt of [':', '/']) {
		t.is(pressAll(buildModel(), [prompt, 'x', 'ctrl-c']).last.deed, 'quit');
		const {model, last} = pressAll(buildModel(), [prompt, 'x', 'esc']);
		t.is(last.deed, undefined);
		t.is(model.view.prompt, undefined);
		t.is(model.view.filter, '');
	}
});

test('an empty : lists every command that has a use here, and tab does not choose among them', t => {
	t.regex(footerAfter(':'), /^ :▏ {2}evidence fix .* quit$/v);
	t.true(footerAfter(':', 'tab').startsWith(' :▏  evidence'));
	t.true(footerAfter(':', 'm', 'tab').startsWith(' :matrix▏'));
	t.true(footerAfter(':', ...'fix m', 'tab').startsWith(' :fix masquerade-all=true▏'));
	t.regex(linesOf(pressAll(buildModel(), [':']).model, {width: 80, height: 24}).at(-1)!, /^ :▏ {2}evidence fix [ a-z]+ … \d more$/v);
});

test('a command that there is not is told whole', t => {
	const {model} = pressAll(buildModel(), [':', 'z', 'z', 'enter']);
	t.is(linesOf(model, {width: 80, height: 24}).at(-1), ' no command zz: after : all of them are listed');
});
