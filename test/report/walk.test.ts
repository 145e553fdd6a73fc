import test from 'ava';
import type {Finding} from '../../src/check.ts';
import {formatJson} from '../../src/report/json.ts';
import {formatReport} from '../../src/report/text.ts';
import type {SessionState} from '../../src/session-state.ts';
import {readRecordedState} from '../helpers/recorded-evidence.ts';
import {findMistakes} from '../helpers/report-schema.ts';

const noRepair = (_finding: Finding): readonly string[] => [];

const rulesOf = (text: string): string => /\n(?:what the rules do|not as the rules say)\n(?<part>(?: {2}.*\n)+)/v.exec(text)?.groups?.part ?? '';

const otherwise = (state: SessionState): SessionState => ({
	...state, capture: state.capture && {...state.capture, flows: state.capture.flows.map(flow => ({...flow, sourceAtBackend: flow.client}))},
});

test('the steps of the founding incident are told one line each, no wider than 80 columns', async t => {
	const part = rulesOf(formatReport(await readRecordedState('practice/founding/proxy-mode=iptables.bundle'), noRepair, true));
	t.deepEqual(part.split('\n').filter(line => line.length > 80), []);
	t.true(part.includes(`
      → default/mars1: dials 10.98.171.178:8080
      → k8s1 PREROUTING: DNAT to 10.244.0.19:80 [-A KUBE-S…ation 10.244.0.19:80]
      → k8s1 FORWARD: no rule stops it
      → k8s1 POSTROUTING: its source stays
`), part);
	t.true(part.includes(`
      ← k8s1 bridge cni0: passes netfilter by, untranslated [br_netfilter off]
      ← default/mars1: the answer is from 10.244.0.19:80, not 10.98.171.178:8080
`), part);
});

test('without --walk only what went otherwise than the rules say is told', async t => {
	const state = await readRecordedState('practice/founding/masquerade-all=true.bundle');
	t.is(rulesOf(formatReport(state, noRepair)), '');
	t.regex(rulesOf(formatReport(otherwise(state), noRepair)).replaceAll(/\s+/gv, ' '), /✗ the rules say DNAT to 10\.244\.0\.19:80 and SNAT to 10\.244\.0\.1; the wire at .*, so no SNAT took place/v);
});

test('the JSON report has every walk, as its schema says', async t => {
	const document = JSON.parse(formatJson(otherwise(await readRecordedState('practice/two-backends/found.bundle')), 1, noRepair)) as {
		readonly walk: {readonly probes: ReadonlyArray<{readonly agreement: string; readonly ways: ReadonlyArray<{readonly outcome: string; readonly steps: readonly unknown[]}>}>};
	};
	t.deepEqual(findMistakes(document), []);
	const [{agreement, ways}] = document.walk.probes;
	t.is(agreement, 'agrees');
	t.deepEqual(ways.map(({outcome}) => outcome), ['delivered', 'lost']);
	t.true(ways.every(({steps}) => steps.length > 6));
});
