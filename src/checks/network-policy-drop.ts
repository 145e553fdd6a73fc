import type {Check, Verdict} from '../check.ts';
import type {Evidence, NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {cniPlugin} from '../evidence/readings.ts';
import {type Cell, isFailing} from '../probes/matrix.ts';
import {stopsOf} from './forward/crossings.ts';
import {isMasqueradingAll} from './shared/bypass.ts';
import {type Prediction, explainedCells, isCellExplained} from './shared/explain.ts';
import {judgeCondition} from './shared/judge-condition.ts';
import {tellLoss} from './shared/loss.ts';
import {type Denial, findDenials} from './shared/policy.ts';
import {type Route, routesOf} from './shared/routes.ts';
import {latent, ok, unknown} from './shared/verdicts.ts';
import {joinWords, podLabel} from './shared/words.ts';

/** Chains and tables that programs which enforce policies keep: Calico, kube-router, Weave, Antrea, Cilium, kube-network-policies. */
const enforcers = '(?:cali-|KUBE-NWPLCY-|KUBE-POD-FW-|WEAVE-NPC|ANTREA-|CILIUM_)';
const enforcingChain = new RegExp(`^${enforcers}`, 'v');
const enforcingRule = new RegExp(`^the rule "-A ${enforcers}`, 'v');
const enforcingTable = / (?:calico|kube-network-policies|antrea|kube-router)/v;
const enforcingPlugin = /^(?:calico|cilium|antrea|kube-router|weave-net|canal)/v;

const isEnforcing = (node: NodeEvidence): boolean =>
	enforcingPlugin.test(valueOf(cniPlugin(node)) ?? '')
	|| (valueOf(node.iptables) ?? []).some(({chains, rules}) => [...chains, ...rules].some(({chain}) => enforcingChain.test(chain)))
	|| (valueOf(node.nftTables) ?? []).some(table => enforcingTable.test(table));

/** A policy acts on the node of the pod that it selects. */
const isEnforced = ({pod}: Denial, {nodes}: Evidence): boolean => {
	const node = nodes.get(pod.node);
	return node !== undefined && isEnforcing(node);
};

/** Denials of a connection from pod to pod, certain or not. What a node sends under an address of its own is let through or not as each program likes. */
const rulingsOf = (route: Route, evidence: Evidence): readonly Denial[] => {
	const {target: {policies, port}} = evidence;
	const {from, backend, endpoint, place, cell, isThroughVip} = route;
	const isHidden = isThroughVip && isMasqueradingAll(evidence, cell.fromNode);
	return place !== 'itself' && !isHidden && from && backend && policies && 'policies' in policies
		? findDenials(policies.policies, from, {protocol: port.protocol, port: endpoint.port, pod: backend})
		: [];
};

/** Policies that let in by labels or namespaces, which say nothing of a client whose address masquerading has taken. */
const findMasked = (evidence: Evidence): readonly string[] => evidence.matrix
	.filter(cell => isFailing(cell))
	.flatMap(cell => routesOf(cell, evidence))
	.flatMap(({from, backend, endpoint, cell, isThroughVip, place}) => {
		const {target: {policies, port, nodes}} = evidence;
		const isMasked = isThroughVip && place !== 'itself' && isMasqueradingAll(evidence, cell.fromNode);
		const masked = from && {
			...from, namespace: '', labels: {}, ip: nodes.get(cell.fromNode)?.internalIp ?? from.ip,
		};
		const denials = isMasked && masked && backend && policies && 'policies' in policies ? findDenials(policies.policies, masked, {protocol: port.protocol, port: endpoint.port, pod: backend}) : [];
		return denials.filter(denial => denial.direction === 'ingress' && isEnforced(denial, evidence));
	})
	.flatMap(({policies}) => policies);

const denialsOf = (route: Route, evidence: Evidence): readonly Denial[] => rulingsOf(route, evidence).filter(({isCertain}) => isCertain);

/** Policies that may be why a probe failed, which hangs on what is not read. */
const findDoubts = (evidence: Evidence): readonly string[] => evidence.matrix
	.filter(cell => isFailing(cell))
	.flatMap(cell => routesOf(cell, evidence))
	.flatMap(route => rulingsOf(route, evidence))
	.filter(denial => !denial.isCertain && isEnforced(denial, evidence))
	.flatMap(({policies}) => policies);

const predict = (evidence: Evidence): Prediction => route =>
	(denialsOf(route, evidence).some(denial => isEnforced(denial, evidence)) ? ['timeout', 'refused', 'unreachable'] : []);

const isExplained = (cell: Cell, evidence: Evidence): boolean => isCellExplained(cell, evidence, predict(evidence));

const findAll = (evidence: Evidence): ReadonlyArray<{readonly route: Route; readonly denial: Denial}> => evidence.matrix
	.flatMap(cell => routesOf(cell, evidence))
	.flatMap(route => denialsOf(route, evidence).map(denial => ({route, denial})));

const peerOf = ({from, backend}: Route, {direction}: Denial): string => {
	const pod = direction === 'ingress' ? from : backend;
	return pod ? podLabel(pod) : '';
};

const describe = (found: ReturnType<typeof findAll>): string => Map.groupBy(found, ({denial}) => `${podLabel(denial.pod)} ${denial.direction}`).values().map(same => {
	const [{denial: {pod, direction, policies}}] = same;
	const peers = joinWords(same.map(({route, denial}) => peerOf(route, denial)));
	const verb = policies.length === 1 ? 'selects' : 'select';
	return `NetworkPolicy ${joinWords(policies)} ${verb} ${podLabel(pod)}, and no rule ${direction === 'ingress' ? `lets ${peers} in` : `lets it out to ${peers}`}`;
}).toArray().join('; ');

const judgeEnforced = (evidence: Evidence, found: ReturnType<typeof findAll>): Verdict => {
	const {words, refs} = tellLoss(evidence, explainedCells(evidence, predict(evidence)));
	const names = found.flatMap(({denial: {pod, policies}}) => policies.map(name => `${pod.namespace}/${name}`));
	return judgeCondition(evidence, {
		what: `${describe(found)}${words}`,
		refs: [...refs, ...new Set(names)].map(ref => (typeof ref === 'string' ? {kind: 'object', object: `networkpolicy ${ref}`, says: describe(found)} : ref)),
		explains: isExplained,
		isCertain: refs.length > 0,
		harmless: 'no probe failed from it',
	});
};

/** Whether all that FORWARD stops is stopped by rules that a program made of policies. */
const isEveryStopEnforcement = (evidence: Evidence): boolean => {
	const stops = stopsOf(evidence.matrix, evidence);
	return stops.length > 0 && stops.every(({verdict}) => enforcingRule.test(verdict.by));
};

const beyond = 'policies of other kinds, such as Calico\'s and Cilium\'s own, are not read';

const judge = (evidence: Evidence): Verdict => {
	const {policies} = evidence.target;
	if (policies === undefined || 'unknown' in policies) {
		return unknown(policies?.unknown ?? 'NetworkPolicies are not known without an API server');
	}

	const found = findAll(evidence);
	const enforced = found.filter(({denial}) => isEnforced(denial, evidence));
	if (enforced.length > 0) {
		return judgeEnforced(evidence, enforced);
	}

	const doubts = [...new Set(findDoubts(evidence))];
	if (doubts.length > 0) {
		return unknown(`whether NetworkPolicy ${joinWords(doubts)} let it through could not be told: it hangs on labels of namespaces, which are not read, or on words that are not known here`);
	}

	const masked = [...new Set(findMasked(evidence))];
	if (masked.length > 0) {
		return unknown(`whether NetworkPolicy ${joinWords(masked)} let it through could not be told: masqueradeAll shows the backend the node's address instead of the client's, which no rule by labels lets in; what nodes send is let through or not as each CNI likes`);
	}

	return found.length > 0
		? latent(`${describe(found)}; but nothing was found on ${joinWords(found.map(({denial}) => denial.pod.node))} that enforces policies, so that it has no effect`, [])
		: ok(`${policies.policies.length === 0 ? 'there is no NetworkPolicy' : 'no NetworkPolicy denies what was probed'} (${beyond})`);
};

export const networkPolicyDrop: Check = {
	id: 'network-policy-drop',
	place: 160,
	title: 'NetworkPolicies let it through',
	explain: 'As soon as any NetworkPolicy selects a pod, only what one of them lets through reaches it (ingress) or leaves it (egress); the rest is dropped on that pod\'s node, through the Service and by the pod\'s own address alike. A policy does something only where the CNI enforces it: flannel and the bridge plugin alone do not.',
	judge,
	explains: isExplained,
	bringsAbout: (other, evidence) => other === 'forward-policy-drop' && findAll(evidence).length > 0 && isEveryStopEnforcement(evidence),
	repair({target: {service, client, backends, isFromRules}}) {
		if (isFromRules === true) {
			return ['kubectl get networkpolicies -A   # once the API server answers: which of them select the client and the backends'];
		}

		return [
			...[...new Set([service.namespace, client.namespace])].map(namespace => `kubectl -n ${namespace} get networkpolicies -o yaml   # add a rule for the pair; do not delete a policy to try it out`),
			`kubectl get pod -n ${client.namespace} ${client.name} --show-labels; kubectl -n ${service.namespace} get pods ${backends.map(({name}) => name).join(' ')} --show-labels   # what the rule's selectors must match`,
		];
	},
};
