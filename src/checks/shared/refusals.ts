import type {Endpoint} from '../../cluster/cluster.ts';
import type {Evidence} from '../../evidence/evidence.ts';
import {mapKnown} from '../../evidence/known.ts';
import {bridgeNetfilterOf} from './bridge-netfilter.ts';
import {ipVersionOf} from './bridges.ts';
import {isBypassed} from './bypass.ts';
import type {Prediction} from './explain.ts';
import {type Listening, readListening} from './listeners.ts';
import {findImpossibleReply} from './proof.ts';
import {examinedEndpoints, routesOf, routesOfAttempt} from './routes.ts';

export type Answer = {
	readonly endpoint: Endpoint;
	readonly listening: Listening;
	/** refused: a probe or a packet shows it · open: a probe got through · silent: no probe met this endpoint, or none was answered. */
	readonly probed: 'refused' | 'open' | 'silent';
};

const isSame = (a: Endpoint, b: {readonly ip: string; readonly port: number | undefined}): boolean => a.ip === b.ip && a.port === b.port;

/** What the probes say of one endpoint, from the attempts that can have met no other. */
const probedAnswer = (endpoint: Endpoint, evidence: Evidence): Answer['probed'] => {
	const outcomes = new Set(evidence.matrix.flatMap(cell => {
		const routes = routesOf(cell, evidence);
		return cell.attempts
			.filter(attempt => {
				const ways = routesOfAttempt(attempt, routes);
				return ways.length > 0 && ways.every(way => isSame(endpoint, way.endpoint));
			})
			.map(({outcome}) => outcome);
	}));
	const reply = findImpossibleReply(evidence);
	if (outcomes.has('refused') || (reply?.what === 'RST' && isSame(endpoint, reply.source))) {
		return 'refused';
	}

	return outcomes.has('open') ? 'open' : 'silent';
};

/** Each ready endpoint with who listens there and what the probes met. */
export const readAnswers = (evidence: Evidence): readonly Answer[] => examinedEndpoints(evidence).map(endpoint => ({
	endpoint, listening: readListening(endpoint, evidence), probed: probedAnswer(endpoint, evidence),
}));

/** A closed port refuses; where the refusal is bridged past NAT, the client's kernel does not know it for its own and waits (faults.md 2.7). */
export const predictRefusal = (evidence: Evidence, state: Listening['state']): Prediction => {
	const closed = readAnswers(evidence).filter(({listening, probed}) => listening.state === state && probed === 'refused');
	const readOff = (...spot: Parameters<ReturnType<typeof bridgeNetfilterOf>>) => mapKnown(bridgeNetfilterOf(ipVersionOf(evidence))(...spot), value => value !== 1);
	return route => {
		if (closed.every(({endpoint}) => !isSame(endpoint, route.endpoint))) {
			return [];
		}

		return isBypassed(route, evidence, {readOff}) ? ['refused', 'timeout'] : ['refused'];
	};
};
