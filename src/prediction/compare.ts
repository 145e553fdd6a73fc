import {findLostPacket, nameFrame} from '../checks/shared/proof.ts';
import type {Walk} from '../datapath/walk.ts';
import {formatAddress} from '../datapath/world.ts';
import type {Evidence} from '../evidence/evidence.ts';
import type {Address, Flow} from '../packets/flow.ts';
import {type Prediction, isCut} from './predict.ts';

/** What the wire shows of a prediction, in one sentence. */
export type Comparison = {readonly agrees: boolean; readonly says: string};

const isSame = (one: Address, other: Walk['backend']): boolean => other?.ip === one.ip && other.port === one.port;

const roleAt = ({capture}: Evidence, point: string | undefined): string | undefined => capture?.points.find(({label}) => label === point)?.role;

/** Where the request was seen last, if behind translation: at the backend, or on the way there. */
const lastPoint = (flow: Flow): string => flow.reached.at(-1) ?? '';

const describeSource = (seenSource: Walk['seenSource'], flow: Flow): string =>
	(seenSource?.ip === undefined || seenSource.ip === flow.client.ip ? 'no SNAT' : `SNAT to ${seenSource.ip}`);

const describeDestination = ({backend}: Walk, flow: Flow): string => (backend && !isSame(flow.server, backend) ? `DNAT to ${formatAddress(backend)}` : 'no DNAT');

const predicted = (walk: Walk, flow: Flow): string => `the rules say ${describeDestination(walk, flow)} and ${describeSource(walk.seenSource, flow)}`;

const wire = (flow: Flow, backend: Address, source: Address): string => `the wire at ${lastPoint(flow)} shows ${formatAddress(source)} → ${formatAddress(backend)}`;

const compareSource = (walk: Walk, flow: Flow, backend: Address, source: Address): Comparison => {
	const seen = walk.seenSource?.ip;
	const says = `${predicted(walk, flow)}; ${wire(flow, backend, source)}`;
	if (seen === undefined || seen === source.ip) {
		return {agrees: true, says: `${says}, as the rules say`};
	}

	return {agrees: false, says: `${says}, so ${source.ip === flow.client.ip ? 'no SNAT took place' : 'something else gave it that source'}`};
};

const isAtBackend = (flow: Flow, evidence: Evidence): boolean => roleAt(evidence, lastPoint(flow)) === 'backend';

/** Seen no further than before its translation, where the translated packet is lost within the node. */
const isOnItsWay = (flow: Flow, evidence: Evidence): boolean => isSame(flow.server, flow.backend) && !isAtBackend(flow, evidence);

/** The request: where it was sent, and what the backend got as its source. */
const compareRequest = (walks: readonly Walk[], flow: Flow, evidence: Evidence): readonly Comparison[] => {
	const {backend, sourceAtBackend} = flow;
	if (!backend || !sourceAtBackend || isOnItsWay(flow, evidence)) {
		return [];
	}

	const led = walks.filter(walk => walk.backend !== undefined);
	const walk = led.find(candidate => isSame(backend, candidate.backend));
	if (!walk) {
		const leads = led.map(candidate => (candidate.backend ? formatAddress(candidate.backend) : '')).join(' or ');
		return led.length === 0 || isCut(walks) ? [] : [{agrees: false, says: `the rules say DNAT to ${leads}; ${wire(flow, backend, sourceAtBackend)}, so something else sent it there`}];
	}

	const isLostBefore = walk.outcome.does === 'lost' && walk.seenSource === undefined;
	if (isLostBefore && isAtBackend(flow, evidence)) {
		return [{agrees: false, says: `the rules say that it is lost on the way (${walk.outcome.because}); ${wire(flow, backend, sourceAtBackend)}, so it was not`}];
	}

	return walk.seenSource !== undefined && isAtBackend(flow, evidence) ? [compareSource(walk, flow, backend, sourceAtBackend)] : [];
};

const isPredictedImpossible = ({outcome}: Walk): boolean => outcome.does === 'lost' && outcome.answerFrom !== undefined;

/** The answer: from whom the client got it. */
const compareReply = (walks: readonly Walk[], flow: Flow): readonly Comparison[] => {
	const walk = walks.find(candidate => flow.backend !== undefined && isSame(flow.backend, candidate.backend));
	if (!walk || walk.outcome.does === 'unknown') {
		return [];
	}

	const dialled = formatAddress(flow.server);
	if (flow.ending === 'impossible-reply') {
		const from = formatAddress(flow.impossibleReply?.source ?? flow.server);
		return [isPredictedImpossible(walk)
			? {agrees: true, says: `the rules say that nothing translates the answer back; the client gets it from ${from} where ${dialled} was dialled, as the rules say`}
			: {agrees: false, says: `the rules say that the answer comes from ${dialled}; the client gets it from ${from}, so it was not translated back`}];
	}

	const isAnswered = flow.ending === 'established' || flow.ending === 'refused';
	if (isAnswered && walk.outcome.does === 'lost') {
		return [{agrees: false, says: `the rules say that it gets no answer (${walk.outcome.because}); the client gets one from ${dialled}, so it was translated all the same`}];
	}

	return isAnswered ? [{agrees: true, says: `the rules say that the answer comes from ${dialled}; the client gets it from there`}] : [];
};

const lostOf = ({outcome, steps}: Walk): {readonly because: string; readonly where: string; readonly direction: string} | undefined => {
	const step = steps.at(-1);
	return step && outcome.does === 'lost' ? {because: outcome.because, where: `${step.node ?? 'outside'}, ${step.stage}`, direction: step.direction} : undefined;
};

/** A packet that left one end and did not come out at the other, all captures having worked. */
const compareLoss = (walks: readonly Walk[], evidence: Evidence): readonly Comparison[] => {
	const lost = findLostPacket(evidence);
	if (!lost || walks.some(({outcome}) => outcome.does === 'unknown')) {
		return [];
	}

	const wireSays = `${nameFrame(evidence, lost.point, lost.frame)} left the ${lost.from} and never reached the ${lost.to}`;
	const told = walks.map(walk => lostOf(walk)).find(loss => loss?.direction === (lost.from === 'client' ? 'request' : 'reply'));
	return [told
		? {agrees: true, says: `the rules say that it is lost at ${told.where}: ${told.because}; ${wireSays}, as the rules say`}
		: {agrees: false, says: `the rules say that it comes through; ${wireSays}, so it was lost where no rule that was read decides`}];
};

/** How the captured attempts of the client compare with what the rules say of them; the same is told once. */
export const comparePackets = ({walks}: Prediction, evidence: Evidence): readonly Comparison[] => {
	const flows = evidence.capture?.flows ?? [];
	const compared = [...flows.flatMap(flow => [...compareRequest(walks, flow, evidence), ...compareReply(walks, flow)]), ...compareLoss(walks, evidence)];
	const withoutPorts = (says: string): string => says.replaceAll(/:\d+ →/gv, ' →');
	return new Map(compared.map(comparison => [withoutPorts(comparison.says), comparison])).values().toArray();
};
