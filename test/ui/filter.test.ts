import test from 'ava';
import {initialState} from '../../src/session-state.ts';
import {reachRows} from '../../src/ui/screens/reach.ts';
import {panes} from '../../src/ui/view.ts';
import {buildModel, linesOf, pressAll} from '../helpers/model-builder.ts';
import {readRecordedState} from '../helpers/recorded-evidence.ts';

const model = buildModel();
const tabsTo = (pane: typeof panes[number]): readonly string[] => Array.from({length: panes.indexOf(pane)}, () => 'tab');
const after = (pane: typeof panes[number], filter: string, ...keys: readonly string[]): string => linesOf(pressAll(model, [...tabsTo(pane), '/', ...filter, 'enter', ...keys]).model).join('\n');

test('a filter is that of the pane with the focus alone, which shows it', t => {
	const checklist = after('checklist', 'masq');
	t.regex(checklist, /CHECKLIST {2}\/masq 2 of \d/v);
	t.regex(checklist, /masqueradeAll hides nothing/v);
	t.notRegex(checklist, /Endpoints are ready/v);
	t.regex(checklist, /mars2 +k8s2/v);
	const captures = after('captures', 'syn');
	t.regex(captures, /CLIENT mars1 +\/syn [1-9]\d* of \d+/v);
	t.regex(captures, / S\. +←/v);
	t.notRegex(captures, / R +→/v);
	t.regex(captures, /Endpoints are ready/v);
	const reach = after('reach', 'mars');
	t.regex(reach, /REACH .*\/mars 2 of \d/v);
	t.notRegex(reach, /^ k8s1 +k8s1/mv);
	t.regex(reach, /Endpoints are ready/v);
});

test('where nothing is found, it is said, nothing moves, and esc ends it', t => {
	const rulesOf = (screen: string): readonly number[] => screen.split('\n').flatMap((text, index) => (text.includes('────') ? [index] : []));
	const plain = linesOf(model).join('\n');
	for (const [pane, says] of [['checklist', 'no check is called so: esc'], ['captures', 'no packet is like that: esc'], ['reach', 'nobody is called so: esc']] as const) {
		const nothing = after(pane, 'zzz');
		t.true(nothing.includes(says), nothing);
		t.deepEqual(rulesOf(nothing), rulesOf(plain));
		t.false(after(pane, 'zzz', 'esc').includes(says));
	}
});

test('what is typed in the list of Services is shown there', t => {
	const items = ['nginx', 'broken'].map(name => ({
		kind: 'svc' as const, name, detail: '', trouble: '',
	}));
	const pick = buildModel({view: {...model.view, stack: ['pick']}, pickList: {namespace: 'default', services: items, pods: []}});
	t.regex(linesOf(pressAll(pick, [...'ngi']).model).join('\n'), /SERVICE {2}\/ngi +1 /v);
	t.regex(linesOf(pressAll(pick, [...'zzz']).model).join('\n'), /nothing is called so: backspace, or esc/v);
});

test('who reaches whom is told without a cut where there is room, and else so that names stay apart', async t => {
	const state = await readRecordedState('practice/two-backends/found.bundle');
	const backends = buildModel({state, view: {...model.view, pane: 'reach'}});
	const high = linesOf(backends, {width: 200, height: 60}).join('\n');
	t.regex(high, /REACH .* itself/v);
	t.regex(high, /mars1 +k8s1 +~ 4 of 8 timeout +✓ \d+ ms +✓ \d+ ms/v);
	for (const [width, height] of [[200, 60], [120, 36], [80, 24]] as const) {
		const lines = linesOf(backends, {width, height});
		const rows = lines.slice(lines.findIndex(text => text.includes(' REACH '))).slice(1, 1 + reachRows(backends).length).map(text => text.slice(0, width < 110 ? width : 46));
		t.is(new Set(rows.map(text => text.slice(1).split(/ {2}/v, 1)[0])).size, rows.length, rows.join('\n'));
		t.true(rows.filter(text => text.includes('ng')).every(text => /✓ \d\.\d ms/v.test(text)) || width === 200, rows.join('\n'));
	}
});

test('before its probes are planned the table has its place already, and the captures are not yet being armed', t => {
	const running = buildModel({state: initialState, isRunning: true, doing: 'reading svc/nginx'});
	const planned = buildModel({state: {...initialState, target: model.state.target, planned: ['pod default/mars1 → 10.98.171.178 8080', 'pod default/mars2 → 10.98.171.178 8080']}, isRunning: true});
	const before = linesOf(running);
	t.true(before.some(text => text.includes('who reaches whom: no probe is planned yet')));
	t.false(before.some(text => text.includes('arming')));
	t.true(linesOf(planned).some(text => text.includes('arming')));
	t.is(linesOf(planned).filter(text => /^ mars[12] +·/v.test(text)).length, 2);
	t.is(before.join('\n').match(/⠋/gv)?.length, 2);
});

test('the cursor of the captures stands on a packet of the attempt that failed', async t => {
	for (const [name, row] of [['forward-drop', /▌ +0\.0 ms S +→ 10\.98\.171\.178:8080/v], ['hairpin-port', /▌ +0\.0 ms S +→ 10\.98\.171\.178:8080/v], ['founding', /▌ +0\.\d ms S\. +← 10\.244\.0\.\d+:80 +✗/v]] as const) {
		const state = await readRecordedState(`practice/${name}/found.bundle`); // eslint-disable-line no-await-in-loop
		t.regex(linesOf(buildModel({state, view: {...model.view, pane: 'captures'}}), {width: 80, height: 24}).join('\n'), row);
	}
});
