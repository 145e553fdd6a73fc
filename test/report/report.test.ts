import test from 'ava';
import type {Finding} from '../../src/check.ts';
import {checks} from '../../src/catalogue/index.ts';
import {diagnose} from '../../src/diagnosis.ts';
import {formatJson} from '../../src/report/json.ts';
import {countFailing, formatBackendHits, formatCell} from '../../src/report/matrix-text.ts';
import {formatSummary} from '../../src/report/summary.ts';
import {formatTable, wrapText} from '../../src/report/table.ts';
import {formatReport} from '../../src/report/text.ts';
import {initialState, type SessionState} from '../../src/session-state.ts';
import {buildEvidence} from '../helpers/evidence-builder.ts';
import {foundingCapture} from '../helpers/flow-builder.ts';
import {findMistakes} from '../helpers/report-schema.ts';

const entry = 'ipv4 2 tcp 6 117 SYN_SENT src=10.244.0.18 dst=10.98.171.178 sport=41622 dport=8080 [UNREPLIED] src=10.244.0.19 dst=10.244.0.18 sport=80 dport=41622 mark=0 use=2';
const conntrackEntries = {value: [entry], origin: {point: 'k8s1', command: 'cat /proc/net/nf_conntrack', excerpt: entry}};
const evidence = buildEvidence({outcomes: {'mars1 vip': 'timeout'}, capture: {...foundingCapture, conntrackEntries}});

const state: SessionState = {
	...initialState,
	target: evidence.target,
	nodes: evidence.nodes,
	pods: evidence.pods,
	matrix: evidence.matrix,
	capture: evidence.capture,
	diagnosis: diagnose(checks, evidence),
	unreachable: new Map([['k8s3', {because: 'no route', tryThis: 'a jump host'}]]),
};

const repairOf = ({check}: Finding): readonly string[] => check.repair(evidence);

test('the JSON report of the founding incident fits its schema and names the cause', t => {
	const document = JSON.parse(formatJson(state, 1, repairOf)) as Record<string, unknown>;
	t.deepEqual(findMistakes(document), []);
	t.deepEqual(document.conntrack, {entries: [entry], unknown: null});
	t.like(document, {
		schema: 'hairpin/report/v1', conclusion: 'fault', cause: 'br-netfilter-not-loaded', exitCode: 1,
	});
});

test('the schema refuses what is not a report', t => {
	const document = JSON.parse(formatJson(state, 1, repairOf)) as Record<string, unknown>;
	t.deepEqual(findMistakes({...document, exitCode: 7}), ['/exitCode must be equal to one of the allowed values']);
	t.true(findMistakes({...document, matrix: [{from: 'x'}]}).length > 0);
	t.true(findMistakes({}).length > 5);
});

test('the text has inventory, matrix, ladder, checklist, verdict and repair, no line wider than 120 but commands', t => {
	const text = formatReport(state, repairOf);
	const headings = ['reach', 'ladder', 'checks', 'cause     br-netfilter-not-loaded (certain)', 'verdict   fault', 'what would fix it', 'not reached'];
	t.deepEqual(headings.filter(heading => !text.includes(`\n${heading}`)), []);
	t.regex(text, /client +default\/mars1 +10\.244\.0\.18 +k8s1/v);
	t.regex(text, /conntrack ipv4 2 tcp 6 117 SYN_SENT src=10\.244\.0\.18/v);
	t.regex(text, /SYN-ACK from 10\.244\.0\.19:80, expected 10\.98\.171\.178:8080/v);
	const [report] = text.split('\nwhat would fix it', 1);
	t.deepEqual(report.split('\n').filter(line => line.length > 122), []);
});

test('for a narrower terminal prose is broken between words, so that none is torn', t => {
	const [report] = formatReport(state, repairOf, false, 90).split('\nwhat would fix it', 1);
	const prose = report.slice(report.indexOf('\nchecks'));
	t.deepEqual(prose.split('\n').filter(line => line.length > 90), []);
	t.true(prose.split('\n').some(line => line.length > 70));
	t.is(prose.replaceAll(/\s+/gv, ' '), formatReport(state, repairOf).split('\nwhat would fix it', 1)[0].replaceAll(/\s+/gv, ' ').slice(-prose.replaceAll(/\s+/gv, ' ').length));
});

test('the summary names what will not last as the screens do', t => {
	const text = formatSummary(state, repairOf).replaceAll(/\s+/gv, ' ');
	t.true(text.includes('not for long: br_netfilter survives a reboot'));
	t.false(text.includes('br-nf-reset-at-boot-or-runtime'));
	t.true(state.diagnosis!.sentence.endsWith('latent: br-nf-reset-at-boot-or-runtime'));
});

test('one probe fails, two probes fail', t => {
	const [first, second, ...others] = evidence.matrix.map(cell => ({...cell, attempts: [{outcome: 'open' as const, ms: 1}]}));
	const failing = {attempts: [{outcome: 'timeout' as const, ms: 3000}]};
	t.is(countFailing([{...first, ...failing}, second]), '1 of 2 probes fails');
	t.is(countFailing([{...first, ...failing}, {...second, ...failing}, ...others]), `2 of ${evidence.matrix.length} probes fail`);
	t.is(countFailing([first]), '0 of 1 probes fail');
});

const cell = evidence.matrix[0];

test('a cell tells its outcome, and how often where the attempts differ', t => {
	t.is(formatCell({...cell, attempts: [{outcome: 'open', ms: 0.42}, {outcome: 'open', ms: 12}]}), '✓ 0.4 ms');
	t.is(formatCell({...cell, attempts: [{outcome: 'timeout', ms: 3000}]}), '✗ timeout');
	t.is(formatCell({...cell, attempts: [{outcome: 'open', ms: 1}, {outcome: 'refused', ms: 1}, {outcome: 'refused', ms: 1}]}), '~ 2 of 3 refused');
	t.is(formatCell({...cell, attempts: [], error: 'no tool'}), '? no tool');
});

test('with several backends it tells which one was hit, and which never', t => {
	const attempts = [{outcome: 'open', ms: 1, backend: 'a:80'}, {outcome: 'timeout', ms: 1, backend: 'b:80'}, {outcome: 'timeout', ms: 1, backend: 'b:80'}] as const;
	t.deepEqual(formatBackendHits({...cell, attempts}, ['a:80', 'b:80', 'c:80']), [
		'a:80 was hit 1 of 3 times, always open',
		'b:80 was hit 2 of 3 times, 2 of these failed',
		'c:80 was never hit in 3 attempts',
	]);
	t.deepEqual(formatBackendHits({...cell, attempts}, ['a:80']), []);
});

test('columns are as wide as their widest cell on screen', t => {
	t.deepEqual(formatTable([['名前', 'b'], ['a', 'c'], []]), ['名前  b', 'a     c', '']);
});

test('text is broken at spaces and a long word is left whole', t => {
	t.deepEqual(wrapText('one two three averyveryverylongword', 9, '  '), ['one two', '  three', '  averyveryverylongword']);
});
