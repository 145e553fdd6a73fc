import test from 'ava';
import {settleCell} from '../../src/capture/settle.ts';
import {planClientProbe, planOtherProbes, triesFor} from '../../src/probes/plan.ts';
import type {Flow, FlowEnding} from '../../src/packets/flow.ts';
import {nameCell} from '../../src/probes/matrix.ts';
import {
	buildEvidence,
	endpointOf,
	nginx,
	nginx2,
} from '../helpers/evidence-builder.ts';

const {target} = buildEvidence();
const plan = planClientProbe(target);

const flow = (ending: FlowEnding, backendIp?: string): Flow => ({
	protocol: 'tcp',
	client: {ip: '10.244.0.18', port: 40_000},
	server: {ip: '10.98.171.178', port: 8080},
	backend: backendIp === undefined ? undefined : {ip: backendIp, port: 80},
	sourceAtBackend: undefined,
	reached: [],
	answerSeenAt: [],
	ending,
	openings: 1,
	impossibleReply: undefined,
	ladder: [],
});

test('packets settle what a program would have seen', t => {
	const outcomes = (['established', 'refused', 'impossible-reply', 'unreachable', 'unanswered'] as const)
		.map(ending => settleCell(plan, [flow(ending)], undefined).attempts[0].outcome);
	t.deepEqual(outcomes, ['open', 'refused', 'timeout', 'unreachable', 'timeout']);
	t.true(settleCell(plan, [flow('refused')], undefined).attempts[0].isDecidedByPackets);
});

test('the tool\'s own outcomes stand, and flows tell which backend each met', t => {
	const answered = {...settleCell(plan, [], undefined), attempts: [{outcome: 'open', ms: 2}, {outcome: 'timeout', ms: 3000}] as const};
	const {attempts} = settleCell(plan, [flow('impossible-reply', '10.244.0.19'), flow('established', '10.244.2.32')], answered);
	t.deepEqual(attempts, [
		{
			outcome: 'open', ms: 2, sourcePort: 40_000, backend: '10.244.2.32:80',
		},
		{
			outcome: 'timeout', ms: 3000, sourcePort: 40_000, backend: '10.244.0.19:80',
		},
	]);
});

test('a time-out that its packets contradict is what they show, and one that sent none is no attempt, once the capture is complete', t => {
	const late = {outcome: 'timeout', ms: 5700} as const;
	const answered = {...settleCell(plan, [], undefined), attempts: [{outcome: 'open', ms: 2}, late, late] as const};
	const flows = [flow('established', '10.244.0.19'), flow('established', '10.244.2.32')];
	t.deepEqual(settleCell(plan, flows, answered, true).attempts, [
		{
			outcome: 'open', ms: 2, sourcePort: 40_000, backend: '10.244.0.19:80',
		},
		{
			outcome: 'open', ms: 0, isDecidedByPackets: true, sourcePort: 40_000, backend: '10.244.2.32:80',
		},
	]);
	t.is(settleCell(plan, flows, answered).attempts.length, 3, 'packets may still come');
	t.deepEqual(settleCell(plan, [], answered, true).attempts, answered.attempts, 'nothing was seen of any');
	const lost = settleCell(plan, [...flows, flow('unanswered')], answered, true).attempts;
	t.deepEqual(lost.map(({outcome}) => outcome), ['open', 'timeout', 'open'], 'one that went unanswered stays');
});

test('a packet that was dropped under the ClusterIP met no backend, and any of them may be the one it was for', t => {
	const dropped = {...flow('unanswered'), backend: {ip: '10.98.171.178', port: 8080}};
	t.false('backend' in settleCell(plan, [dropped], undefined).attempts[0]);
});

test('the plan asks every kind of path once, and the Service several times where it has several backends', t => {
	t.is(triesFor(target), 1);
	const two = {...target, endpoints: [endpointOf(nginx), endpointOf(nginx2)], backends: [nginx, nginx2]};
	t.is(planClientProbe(two).tries, 8);
	const plans = [planClientProbe(two), ...planOtherProbes(two)];
	t.is(new Set(plans.map(each => nameCell(each))).size, plans.length);
	t.deepEqual(new Set(plans.map(({role, path}) => `${role} ${path}`)), new Set(['client vip', 'client endpoint', 'other vip', 'other endpoint', 'backend self', 'node vip']));
});
