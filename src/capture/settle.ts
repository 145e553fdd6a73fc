import type {Flow} from '../packets/flow.ts';
import type {Attempt, Cell, Outcome} from '../probes/matrix.ts';
import {type ProbePlan, describeProbe} from '../probes/probe.ts';

/** What a program that called connect(2) would see of this flow (tcp(7): an ICMP port unreachable is ECONNREFUSED). */
const outcomeOf = (flow: Flow): Outcome => {
	if (flow.ending === 'established') {
		return 'open';
	}

	if (flow.ending === 'refused') {
		return 'refused';
	}

	if (flow.ending === 'unreachable') {
		return flow.ladder.some(row => row.what.includes('port')) ? 'refused' : 'unreachable';
	}

	return 'timeout';
};

/** A packet that was seen under the address it was sent to only, as one that the node drops before it translates, met no backend. */
const backendOf = ({backend, server}: Flow): string | undefined =>
	backend && !(backend.ip === server.ip && backend.port === server.port) ? `${backend.ip.includes(':') ? `[${backend.ip}]` : backend.ip}:${backend.port}` : undefined;

const answerMs = (flow: Flow): number => {
	const opening = flow.ladder.find(row => row.direction === 'forward');
	const answer = flow.ladder.find(row => row.direction === 'back');
	return answer && opening ? Math.max(0, answer.atMs - opening.atMs) : 0;
};

/** What the packets tell of an attempt beside its outcome. */
const withFlow = (attempt: Attempt, flow: Flow | undefined): Attempt => {
	const backend = flow && backendOf(flow);
	return {...attempt, ...(flow && {sourcePort: flow.client.port}), ...(backend !== undefined && {backend})};
};

const attemptOf = (flow: Flow): Attempt => withFlow({outcome: outcomeOf(flow), ms: answerMs(flow), isDecidedByPackets: true}, flow);

type Paired = {readonly attempt: Attempt; readonly flow: Flow | undefined};

/** Each of the tool's attempts with a flow that ended the same way, as long as there is one. */
const pairUp = (attempts: readonly Attempt[], free: Set<Flow>): readonly Paired[] => attempts.map(attempt => {
	const flow = [...free].find(candidate => outcomeOf(candidate) === attempt.outcome);
	if (flow) {
		free.delete(flow);
	}

	return {attempt, flow};
});

/**
 What is left of time-outs that no flow is like, where all packets were captured: a program that was stopped for its slowness on a busy node.
 It had its answer by then, as the packets show; or it had sent nothing, and asked nobody.
 */
const correctLate = (paired: readonly Paired[], free: Set<Flow>): readonly Attempt[] => paired.flatMap(({attempt, flow}) => {
	if (flow !== undefined || attempt.outcome !== 'timeout') {
		return [withFlow(attempt, flow)];
	}

	const [missed] = free;
	free.delete(missed);
	return missed === undefined ? [] : [attemptOf(missed)];
});

/** The tool's attempts, each told which backend it met. Where no flow at all was seen, nothing is known but what the tool said. */
const nameBackends = (attempts: readonly Attempt[], flows: readonly Flow[], isComplete: boolean): readonly Attempt[] => {
	const free = new Set(flows);
	const paired = pairUp(attempts, free);
	return isComplete && flows.length > 0 ? correctLate(paired, free) : paired.map(({attempt, flow}) => withFlow(attempt, flow));
};

/** The client's cell: as its tool saw it (`answered`), or as the packets settled it before the tool gave up. `isComplete`: the client's capture is over and lost nothing. */
export const settleCell = (plan: ProbePlan, flows: readonly Flow[], answered: Cell | undefined, isComplete = false): Cell => {
	const {point: _point, tries: _tries, ...cell} = plan;
	return answered
		? {...answered, attempts: nameBackends(answered.attempts, flows, isComplete)}
		: {...cell, command: describeProbe(plan, 'bash'), attempts: flows.map(flow => attemptOf(flow))};
};
