import {readFileSync} from 'node:fs';
import test from 'ava';
import {checks} from '../../src/catalogue/index.ts';
import {drawScreen, plainLine, textOf} from '../../src/ui/draw.ts';
import {keyBindings, nameKey} from '../../src/ui/keys.ts';
import {drawable, lineWidth} from '../../src/ui/line.ts';
import type {Model} from '../../src/ui/model.ts';
import {type ScreenName, initialView, panes} from '../../src/ui/view.ts';
import {readRecordedState} from '../helpers/recorded-evidence.ts';
import {readRecording} from '../helpers/session-recording.ts';

const told = readRecording('founding');

const previewed = 'Load br_netfilter\n  on k8s1\n    modprobe br_netfilter';

const guided: Model['guided'] = {
	title: 'walked', ending: undefined, asked: {question: 'make this change?', answers: ['keep', 'undo']}, steps: [
		{
			number: '1', title: 'Capture', state: 'met', lines: ['client  12 packets'],
		},
		{
			number: '2', title: 'Repair', state: 'going', lines: Array.from({length: 60}, (_, index) => `  + line ${index}`),
		},
		{
			number: '3', title: 'Verify', state: 'waiting', lines: [],
		},
	],
};

const modelAt = (index: number, screen: ScreenName): Model => ({
	state: told[index].state, view: initialView(screen), checks, doing: 'reading', repairs: ['hairpin fix'], isRunning: index < told.length - 1, failure: undefined,
	nowMs: 10_000, label: undefined, pair: {service: 'svc/nginx', from: undefined}, pickList: undefined, canPick: true, canShell: true, shell: undefined,
	whyUnchangeable: undefined, changeNames: ['masquerade-all=true', 'masquerade-all=false', 'br-netfilter'], canUndo: true, whyUnkept: undefined, canKeepPackets: true, guided, journal: 'ID  CHANGE\n20261124-000000-abcd  br-netfilter\n',
	change: {
		phase: 'making', preview: () => previewed, news: ['k8s1: begun'], result: undefined, failure: {because: 'the disk is full', tryThis: 'make room'},
	},
});

const screens: readonly ScreenName[] = ['incident', 'pick', 'ladder', 'matrix', 'evidence', 'claims', 'walk', 'help', 'shell', 'change', 'journal', 'runbook'];

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

test('the README has every key as the program explains it', t => {
	const rows = keyBindings.map(({keys, explains, command}) => `| ${keys.map(key => `\`${nameKey(key)}\``).join(' ')} | ${explains} | ${command === undefined ? '' : `\`:${command}\``} |`);
	const table = ['| key | what it does | command |', '|---|---|---|', ...rows].join('\n');
	t.true(readme.includes(table), `the table should be\n${table}`);
});

test('no key asks for two things on one screen', t => {
	for (const screen of screens) {
		const keys = keyBindings.filter(({on}) => on === 'everywhere' || on.includes(screen)).flatMap(binding => binding.keys);
		t.deepEqual(keys.filter((key, index) => keys.indexOf(key) !== index), []);
	}
});

test('every screen fills the window exactly, at every moment of a session and in every window', t => {
	for (const [width, height] of [[80, 24], [120, 36], [200, 60], [60, 12], [12, 3]] as const) {
		for (const screen of screens) {
			for (const index of [0, 10, 30, 50, told.length - 1]) {
				const lines = drawScreen(modelAt(index, screen), {width, height});
				t.is(lines.length, height);
				t.deepEqual(lines.filter(spans => lineWidth(spans) !== width).map(spans => plainLine(spans)), [], `${screen} ${width}×${height} after ${index}`);
			}
		}
	}
});

const nasty = ['\u{1B}[2J', '\u{1B}]52;c;aGk=\u{7}', '\u{202E}', '\u{200B}', '\n', '\r', '\t', '\u{9B}31m', '\u{0}', '漢字', 'e\u{301}\u{301}\u{301}\u{301}\u{301}', '\u{1F468}\u{200D}\u{1F469}', '\u{E000}', '\u{AD}', 'x'.repeat(100_000)];

const isClean = (text: string): boolean => !/[\p{Control}\p{Format}\p{Private_Use}]/v.test(text);

// Words of hairpin's own, which no cluster writes.
const ownWords: ReadonlySet<string> = new Set(['check', 'status', 'kind', 'outcome', 'conclusion', 'direction', 'role', 'path', 'fromKind', 'ending', 'protocol', 'confidence', 'state']);

/** The same value with something nasty in each of its texts. */
const spoil = (value: unknown, text: string): unknown => {
	if (typeof value === 'string') {
		return value + text;
	}

	if (value instanceof Map) {
		return new Map([...value].map(([key, item]) => [spoil(key, text), spoil(item, text)]));
	}

	if (Array.isArray(value)) {
		return value.map(item => spoil(item, text));
	}

	return typeof value === 'object' && value !== null
		? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, ownWords.has(key) ? item : spoil(item, text)]))
		: value;
};

test('nothing of a hostile cluster reaches the terminal, wherever it is drawn', t => {
	const clean = modelAt(told.length - 1, 'incident');
	for (const text of nasty) {
		const state = spoil(clean.state, text) as Model['state'];
		const change = {...clean.change!, ...spoil({news: clean.change?.news, failure: clean.change?.failure}, text) as Partial<Model['change']>, preview: () => previewed + text};
		for (const screen of screens) {
			for (const pane of screen === 'incident' ? panes : [panes[0]]) {
				const lines = drawScreen({
					...clean, state, change, guided: spoil(guided, text) as Model['guided'], view: {...initialView(screen), pane},
				}, {width: 120, height: 36});
				t.true(lines.flat().every(span => isClean(span.text)), `${screen} with ${JSON.stringify(text.slice(0, 20))}`);
				t.deepEqual(lines.filter(spans => lineWidth(spans) !== 120).map(spans => plainLine(spans)), []);
			}
		}
	}
});

test('text is drawn without what a terminal obeys or cannot show', t => {
	for (const text of nasty) {
		t.true(isClean(drawable(`a${text}b`)), JSON.stringify(text.slice(0, 20)));
	}

	t.is(drawable('nginx-äöü 漢字'), 'nginx-äöü 漢字');
});

test('the screen of the rules tells every step with the whole rule, and the packet where it changes', async t => {
	const state = await readRecordedState('practice/founding/proxy-mode=iptables.bundle');
	const text = textOf({...modelAt(told.length - 1, 'walk'), state}, 80)?.map(spans => plainLine(spans)).join('\n') ?? '';
	t.true(text.includes(`
    → k8s1 PREROUTING: DNAT to 10.244.0.19:80
        10.244.0.18 → 10.244.0.19:80
        -A KUBE-SEP-6L7NTXLAVMWDDHVR -p tcp -m comment --comment
        "default/nginx" -m tcp -j DNAT --to-destination 10.244.0.19:80
    → k8s1 FORWARD: no rule stops it
`));
	t.true(text.includes(' ✓ the rules say of default/mars1 → 10.98.171.178:8080: timeout; the probe met:'));
	t.true(text.includes('    ← default/mars1: the answer is from 10.244.0.19:80, not 10.98.171.178:8080'));
});
