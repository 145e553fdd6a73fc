import type {Check, Verdict} from '../check.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {type Cell, isFailing} from '../probes/matrix.ts';
import {judgeCondition} from './shared/judge-condition.ts';
import {findInApi} from './shared/repairs.ts';
import {examinedEndpoints} from './shared/routes.ts';
import {ok, unknown} from './shared/verdicts.ts';
import {joinWords, serviceLabel} from './shared/words.ts';

/** Nodes from which the policy leads nowhere, as far as they take part. */
const findBareNodes = (evidence: Evidence): readonly string[] => {
	const ready = examinedEndpoints(evidence);
	const isLocal = evidence.target.service.internalTrafficPolicy === 'Local' && ready.length > 0 && ready.every(({node}) => node !== undefined);
	const nodes = new Set([...evidence.target.nodes.keys(), ...evidence.matrix.map(({fromNode}) => fromNode)]);
	return isLocal ? nodes.values().filter(name => ready.every(({node}) => node !== name)).toArray() : [];
};

/** IPVS refuses at once, iptables and nftables mode drop: any failure fits, and no attempt can succeed. */
const isExplained = (cell: Cell, evidence: Evidence): boolean =>
	cell.path !== 'endpoint' && cell.attempts.length > 0 && findBareNodes(evidence).includes(cell.fromNode) && (isFailing(cell) ? cell.attempts.every(({outcome}) => outcome !== 'open') : true);

const judge = (evidence: Evidence): Verdict => {
	const {service, isFromRules} = evidence.target;
	if (isFromRules === true) {
		return unknown('the Service\'s traffic policy is not known without an API server');
	}

	if (service.internalTrafficPolicy !== 'Local') {
		return ok('internalTrafficPolicy is Cluster: endpoints of any node are used');
	}

	const bare = findBareNodes(evidence);
	const what = `internalTrafficPolicy of ${serviceLabel(service)} is Local, and no ready endpoint is on ${joinWords(bare)}`;
	return bare.length === 0
		? ok('internalTrafficPolicy is Local, and the nodes of the clients have endpoints, or no node has any')
		: judgeCondition(evidence, {
			what, refs: [{kind: 'object', object: `service ${serviceLabel(service)}`, says: 'internalTrafficPolicy: Local'}], explains: isExplained, isCertain: true, harmless: 'nobody asked from there',
		});
};

export const trafficPolicyLocalNoEndpoint: Check = {
	id: 'traffic-policy-local-no-endpoint',
	place: 140,
	title: 'Traffic policy leaves an endpoint',
	explain: 'With internalTrafficPolicy Local a Service answers on a node only by endpoints of that same node. From a node without any, clients are refused or dropped although the Service is healthy elsewhere.',
	judge,
	explains: isExplained,
	repair: ({target: {service, isFromRules}}) => (isFromRules === true
		? findInApi(service)
		: [
			`kubectl -n ${service.namespace} patch service ${service.name} -p '{"spec":{"internalTrafficPolicy":"Cluster"}}'   # or run a backend on every node that has clients (DaemonSet)`,
			`# undo: kubectl -n ${service.namespace} patch service ${service.name} -p '{"spec":{"internalTrafficPolicy":"Local"}}'`,
		]),
};
