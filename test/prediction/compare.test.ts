import test from 'ava';
import {comparePackets} from '../../src/prediction/compare.ts';
import {isTargetCell} from '../../src/diagnosis/find-cause.ts';
import {predictCells} from '../../src/prediction/predict.ts';
import {foretell, listDisagreements} from '../../src/prediction/tell.ts';
import type {Evidence} from '../../src/evidence/evidence.ts';
import type {Flow} from '../../src/packets/flow.ts';
import {readRecordedEvidence, recordedBundles} from '../helpers/recorded-evidence.ts';

const withFlow = (evidence: Evidence, change: (flow: Flow) => Flow): Evidence => {
	const {capture} = evidence;
	return {...evidence, capture: capture && {...capture, flows: capture.flows.map(flow => change(flow))}};
};

const compare = (evidence: Evidence): readonly string[] => {
	const prediction = predictCells(evidence).find(({cell}) => isTargetCell(cell));
	return prediction ? comparePackets(prediction, evidence).map(({agrees, says}) => `${agrees ? 'agrees' : 'disagrees'}: ${says}`) : [];
};

test('the packets of every recording are as the rules say, and most recordings tell', async t => {
	const told: string[] = [];
	for (const name of recordedBundles) {
		// eslint-disable-next-line no-await-in-loop
		const compared = compare(await readRecordedEvidence(name));
		t.deepEqual(compared.filter(says => says.startsWith('disagrees')), [], name);
		told.push(...compared.slice(0, 1).map(() => name));
	}

	t.true(told.length > 11, told.join(' '));
});

test('a wire that shows otherwise than the rules say is told in one sentence', async t => {
	const evidence = await readRecordedEvidence('practice/founding/masquerade-all=true.bundle');
	const unmasked = withFlow(evidence, flow => ({...flow, sourceAtBackend: flow.client}));
	t.regex(compare(unmasked)[0], /^disagrees: the rules say DNAT to 10\.244\.0\.19:80 and SNAT to 10\.244\.0\.1; the wire at default\/nginx-app-\S+ shows 10\.244\.0\.18:\d+ → 10\.244\.0\.19:80, so no SNAT took place$/v);
	const elsewhere = withFlow(evidence, flow => ({...flow, backend: {ip: '10.244.9.9', port: 80}}));
	t.regex(compare(elsewhere)[0], /^disagrees: the rules say DNAT to 10\.244\.0\.19:80; the wire at \S+ shows \S+ → 10\.244\.9\.9:80, so something else sent it there$/v);
	const impossible = withFlow(evidence, flow => ({...flow, ending: 'impossible-reply'}));
	t.true(compare(impossible).some(says => says.endsWith('so it was not translated back')));
	t.true(listDisagreements(foretell(unmasked)).some(says => says.endsWith('so no SNAT took place')));
});

test('a request that was seen no further than before its translation is no disagreement', async t => {
	const evidence = await readRecordedEvidence('practice/founding/masquerade-all=true.bundle');
	const node = evidence.capture?.points.find(({role}) => role === 'node')?.label ?? '';
	const onItsWay = withFlow(evidence, flow => ({
		...flow, backend: flow.server, sourceAtBackend: flow.client, reached: [node], ending: 'unanswered',
	}));
	t.deepEqual(compare(onItsWay).filter(says => says.startsWith('disagrees: the rules say DNAT')), []);
});

test('a packet that is lost where no rule decides is told, and one that a rule stops agrees', async t => {
	const dropped = await readRecordedEvidence('practice/forward-drop/found.bundle');
	t.regex(compare(dropped).join('\n'), /^agrees: the rules say that it is lost at k8s1, FORWARD: dropped without a word; client frame \d+ left the client and never reached the backend, as the rules say$/v);
	const repaired = await readRecordedEvidence('practice/forward-drop/forward-accept=on.bundle');
	t.regex(compare({...repaired, capture: dropped.capture}).join('\n'), /^disagrees: the rules say that it comes through; client frame \d+ left the client and never reached the backend, so it was lost where no rule that was read decides$/v);
});

test('a probe that went otherwise than the rules say is a disagreement', async t => {
	const evidence = await readRecordedEvidence('practice/target-port/target-port=80.bundle');
	const other = {...evidence, matrix: evidence.matrix.map(cell => ({...cell, attempts: cell.attempts.map(attempt => ({...attempt, outcome: 'timeout' as const}))}))};
	t.is(listDisagreements(foretell(other))[0], 'the rules say of default/mars1 → 10.98.171.178:8080: open; the probe met: timeout');
});
