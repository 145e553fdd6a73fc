import test from 'ava';
import {micromark} from 'micromark';
import {gfmTable, gfmTableHtml} from 'micromark-extension-gfm-table';
import {create} from 'xmlbuilder2';
import {repairOf} from '../../src/check-command.ts';
import {formatHtml} from '../../src/report/html.ts';
import type {Incident} from '../../src/report/incident.ts';
import {formatJunit} from '../../src/report/junit.ts';
import {formatMarkdown} from '../../src/report/markdown.ts';
import {createTimeline} from '../../src/report-files.ts';
import {type SessionState, initialState} from '../../src/session-state.ts';
import {readRecording} from '../helpers/session-recording.ts';

const told = readRecording('founding');
const timeline = createTimeline();
for (const {event} of told) {
	timeline.note(event);
}

const founding = told.at(-1)?.state ?? initialState;

const compose = (state: SessionState, change?: Incident['change']): Incident => ({
	state, exitCode: 1, repairOf: repairOf(state), timeline: timeline.entries(), change, version: '0.0.1', writtenAt: '2026-11-24T01:02:03.004Z',
});

const markup = 'a|b `` ``` </pre><script>alert(1)</script> [x](http://x) ![y](http://y) <img src=x> ]]> & "\' **bold**';

/** The same incident where text of the cluster is hostile. */
const poison = (nasty: string): SessionState => ({
	...founding,
	matrix: founding.matrix.map(cell => ({...cell, from: nasty, command: nasty})),
	target: founding.target && {...founding.target, notes: [nasty], client: {...founding.target.client, name: nasty}},
	capture: founding.capture && {...founding.capture, conntrackEntries: {unknown: nasty}, points: founding.capture.points.map(point => ({...point, command: nasty}))},
	unreachable: new Map([[nasty, {because: nasty, tryThis: nasty}]]),
});

const hostile = poison(markup);

const change: Incident['change'] = {
	id: 'br-netfilter', title: 'load br_netfilter', steps: [markup, 'modprobe br_netfilter'], before: founding.matrix, after: founding.matrix.map(cell => ({...cell, attempts: [{outcome: 'open', ms: 1}]})), undo: 'hairpin undo x',
};

const toHtml = (markdown: string): string => micromark(markdown, {extensions: [gfmTable()], htmlExtensions: [gfmTableHtml()]});

test('Markdown has what maintainers ask for, and the packet that proves it', t => {
	const text = formatMarkdown(compose(founding, change));
	const wanted = [
		'## Versions',
		'| hairpin | 0.0.1 |',
		'v1.33.3',
		'## Settings',
		'| net.bridge.bridge-nf-call-iptables | absent | absent |',
		'| PROXY MODE | CNI |',
		'bridge cni0',
		'6.1.176',
		'✗ timeout',
		'✗ impossible: expected 10.98.171.178:8080',
		'**cause** `br-netfilter-not-loaded` (certain)',
		'- packet: default/mars1 frame 2: SYN-ACK',
		'## Change',
		'| ✗ timeout | ✓ 1.0 ms |',
		'hairpin undo x',
		'## Timeline',
		' s  6 probes fired',
	];
	t.deepEqual(wanted.filter(part => !text.includes(part)), []);
});

test('hostile text stays text in Markdown', t => {
	const html = toHtml(formatMarkdown(compose(hostile, change)));
	t.is(html.match(/<(?:script|img|a|strong>bold|em)\b[^>]*>/gv), null);
	const widths = html.matchAll(/<table>(?<table>.*?)<\/table>/gsv).map(({groups}) => new Set(groups?.table.matchAll(/<tr>.*?<\/tr>/gsv).map(row => row[0].split(/<t[dh]\b/v).length)).size).toArray();
	t.true(widths.length >= 6);
	t.deepEqual(widths.filter(size => size !== 1), []);
	t.is(html.split('<h2>').length - 1, 10);
});

/** The page is well-formed XML too, so that what is an element in it can be counted without a browser. */
const parsePage = (page: string): string => create(page).end({format: 'json'});

test('the page draws the ladder, loads nothing, and hostile text stays text in it', t => {
	const page = formatHtml(compose(founding, change));
	t.regex(page, /<svg .*class="wrong"/sv);
	t.regex(page, /Content-Security-Policy" content="default-src 'none'/v);
	t.is(page.match(/<(?:img|script|link|iframe|object|embed|a)\b|url\(|@import/gv), null);
	const parsed = parsePage(formatHtml(compose(hostile, change)));
	t.is(parsed.match(/"(?:script|img|a|b)":/gv), null);
	t.regex(parsed, /&lt;\/pre&gt;&lt;script&gt;|<\/pre><script>/v);
});

type Suite = {readonly '@name': string; readonly '@tests': string; readonly '@failures': string; readonly testcase: ReadonlyArray<Record<string, unknown>> | Record<string, unknown>};

const parseJunit = (text: string): {readonly testsuites: {readonly testsuite: readonly Suite[]}} => create(text).end({format: 'object'}) as never;

test('JUnit has a case for the verdict, each probe and each check, and counts what failed', t => {
	const {testsuite} = parseJunit(formatJunit(compose(founding))).testsuites;
	t.deepEqual(testsuite.map(suite => [suite['@name'], suite['@tests'], suite['@failures']]), [
		['verdict', '1', '1'], ['probes', String(founding.matrix.length), '1'], ['checks', String(founding.diagnosis?.findings.length), '1'],
	]);
	t.like(testsuite[0].testcase, {failure: {'@type': 'br-netfilter-not-loaded'}});
});

test('hostile text stays text in JUnit, and what XML cannot hold is replaced', t => {
	const text = formatJunit(compose(poison(`${markup}\u{1}\u{FFFE}`)));
	t.false(text.includes('\u{1}'));
	t.false(text.includes('<script>'));
	const {testsuite} = parseJunit(text).testsuites;
	t.true(JSON.stringify(testsuite[1]).includes('&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;'));
});
