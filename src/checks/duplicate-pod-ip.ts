import type {Check, Verdict} from '../check.ts';
import type {Endpoint, Pod} from '../cluster/cluster.ts';
import type {Evidence, NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import type {Neighbour} from '../evidence/network.ts';
import {bridgeOfPod} from '../evidence/readings.ts';
import type {Cell} from '../probes/matrix.ts';
import {type Prediction, explainedCells, isCellExplained} from './shared/explain.ts';
import {judgeCondition} from './shared/judge-condition.ts';
import {tellLoss} from './shared/loss.ts';
import {describeUnreadNodes} from './shared/nodes.ts';
import {onNodes} from './shared/repairs.ts';
import {backendOf} from './shared/routes.ts';
import {ok, refsTo, unknown} from './shared/verdicts.ts';
import {joinWords, podLabel} from './shared/words.ts';

/** A backend whose node sends what is for it to another address on the link. */
type Stranger = {readonly node: NodeEvidence; readonly pod: Pod; readonly neighbour: Neighbour; readonly own: string};

/** What the node keeps of an address on the bridge that the pod is plugged into. */
const neighbourOf = (pod: Pod, evidence: Evidence): Neighbour | undefined => {
	const bridge = bridgeOfPod(evidence, pod)?.bridge.name;
	return valueOf(evidence.nodes.get(pod.node)?.network)?.neighbours.find(({ip, device}) => ip === pod.ip && device === bridge);
};

const strangerOf = (endpoint: Endpoint, evidence: Evidence): readonly Stranger[] => {
	const pod = backendOf(endpoint, evidence);
	const node = pod && evidence.nodes.get(pod.node);
	const own = pod && valueOf(evidence.pods.get(podLabel(pod))?.linkAddress);
	const neighbour = pod && neighbourOf(pod, evidence);
	return node && own !== undefined && neighbour && neighbour.linkAddress.toLowerCase() !== own.toLowerCase()
		? [{
			node, pod, neighbour, own,
		}]
		: [];
};

const findStrangers = (evidence: Evidence): readonly Stranger[] => evidence.target.endpoints.flatMap(endpoint => strangerOf(endpoint, evidence));

/** What the node itself puts onto the bridge goes astray; a neighbour on the bridge asks for the address by itself, and may be right. */
const predict = (evidence: Evidence): Prediction => {
	const hit = new Set(findStrangers(evidence).map(({pod}) => pod.ip));
	return ({endpoint, place, isThroughVip}) => (place !== 'itself' && (isThroughVip || place !== 'same-bridge') && hit.has(endpoint.ip) ? ['timeout', 'refused', 'unreachable'] : []);
};

const isExplained = (cell: Cell, evidence: Evidence): boolean => isCellExplained(cell, evidence, predict(evidence));

const describe = ({node, pod, neighbour, own}: Stranger): string =>
	`${node.node} has ${pod.ip} at ${neighbour.linkAddress} on ${neighbour.device}${neighbour.isPermanent ? ', set by hand' : ''}, but ${podLabel(pod)} is at ${own}`;

const judge = (evidence: Evidence): Verdict => {
	const strangers = findStrangers(evidence);
	if (strangers.length > 0) {
		const {words, refs} = tellLoss(evidence, explainedCells(evidence, predict(evidence)));
		return judgeCondition(evidence, {
			what: `${joinWords(strangers.map(stranger => describe(stranger)))}${strangers.every(({neighbour}) => neighbour.isPermanent) ? '' : ': somebody else has that address as well, or the entry is an old one'}${words}`,
			refs: [...refs, ...refsTo(...strangers.map(({node}) => node.network))],
			explains: isExplained,
			isCertain: refs.length > 0,
			harmless: 'no probe failed from it',
		});
	}

	const gaps = [...describeUnreadNodes(evidence), ...evidence.nodes.values().flatMap(({node, network}) => ('unknown' in network ? [`${node}: ${network.unknown}`] : []))];
	return gaps.length > 0 ? unknown(gaps.join('; ')) : ok('where a node knows a backend\'s address on the link, it is the pod\'s own');
};

export const duplicatePodIp: Check = {
	id: 'duplicate-pod-ip',
	place: 590,
	title: 'A backend\'s address is its own',
	explain: 'On a bridge a node sends to a link address, which it asks for by ARP and remembers. Where two pods were given the same address (a CNI whose store of addresses was lost, a left-over namespace), or where an entry was set by hand, the answer is that of another one, and connections go there or nowhere.',
	judge,
	explains: isExplained,
	repair(evidence) {
		const strangers = findStrangers(evidence);
		return [
			onNodes(strangers.map(({node}) => node.node)),
			...strangers.flatMap(({pod, neighbour}) => [
				`bridge fdb show br ${neighbour.device} | grep -i ${neighbour.linkAddress}   # the port of whoever answers for ${pod.ip}; nothing: an old entry`,
				`for n in /var/run/netns/*; do nsenter --net=$n ip -o -4 addr show to ${pod.ip} | sed "s|^|$n |"; done   # every namespace that has ${pod.ip}`,
				`ip neigh del ${pod.ip} dev ${neighbour.device}   # it is asked for anew at once`,
			]),
			'# two pods with one address: delete the one that the API does not list, then look at the CNI\'s store (/var/lib/cni/networks)',
		];
	},
};
