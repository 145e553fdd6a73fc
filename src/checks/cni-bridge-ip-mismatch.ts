import type {Check, Verdict} from '../check.ts';
import type {Bridge, Evidence, NodeEvidence} from '../evidence/evidence.ts';
import type {Pod} from '../cluster/cluster.ts';
import {valueOf} from '../evidence/known.ts';
import {bridgeOfPod} from '../evidence/readings.ts';
import type {Cell} from '../probes/matrix.ts';
import {isInCidr} from '../datapath/cidr.ts';
import {type Prediction, isCellExplained} from './shared/explain.ts';
import {judgeCondition} from './shared/judge-condition.ts';
import {nameNodes, readNodes} from './shared/nodes.ts';
import {onNodes} from './shared/repairs.ts';
import {knownPods} from './shared/routes.ts';
import {ok, refsTo, unknown} from './shared/verdicts.ts';
import {joinWords, podLabel} from './shared/words.ts';

/** A pod whose gateway should be on its bridge, and is not. */
type Mismatch = {readonly node: NodeEvidence; readonly bridge: Bridge; readonly pod: string; readonly gateway: string};

/** The networks that a pod has its address from: its node's, as the API tells, and that of its own interface. */
const networksOf = ({target, pods}: Evidence, pod: Pod): readonly string[] => [
	...target.nodes.get(pod.node)?.podCidrs ?? [],
	...(valueOf(pods.get(podLabel(pod))?.addresses) ?? []).filter(address => /\/\d+$/v.test(address)),
];

/** A gateway outside the pod's networks, such as Calico's 169.254.1.1, is answered for by other means. */
const isOwnNetwork = (evidence: Evidence, pod: Pod, gateway: string): boolean => networksOf(evidence, pod).some(cidr => isInCidr(gateway, cidr) === true);

/** The gateway as the pod has it: the address that must be on the bridge. Pods without one on their own bridge are routed otherwise. */
const findMismatches = (evidence: Evidence): readonly Mismatch[] => knownPods(evidence).flatMap(pod => {
	const node = evidence.nodes.get(pod.node);
	const bridge = bridgeOfPod(evidence, pod)?.bridge;
	const gateway = valueOf(evidence.pods.get(podLabel(pod))?.gateway);
	const hasGateway = bridge?.addresses.some(address => address.split('/', 1)[0] === gateway);
	return hasGateway === false && node && bridge && gateway?.includes('.') && isOwnNetwork(evidence, pod, gateway)
		? [{
			node, bridge, pod: podLabel(pod), gateway,
		}]
		: [];
});

/** Pods whose gateway is not on their bridge, and of whose network nothing is known. */
const findUnclear = (evidence: Evidence): readonly string[] => knownPods(evidence).filter(pod => {
	const bridge = bridgeOfPod(evidence, pod)?.bridge;
	const gateway = valueOf(evidence.pods.get(podLabel(pod))?.gateway);
	return bridge !== undefined && gateway !== undefined && bridge.addresses.every(address => address.split('/', 1)[0] !== gateway)
		&& (gateway.includes(':') || networksOf(evidence, pod).length === 0);
}).map(pod => podLabel(pod));

const hitPods = (evidence: Evidence): ReadonlySet<string> => new Set(findMismatches(evidence).map(({pod}) => pod));

/** What leaves the bridge needs the gateway: the way to the ClusterIP, to other nodes, and back to them. Pods of one bridge find each other without it. */
const predict = (evidence: Evidence): Prediction => {
	const hit = hitPods(evidence);
	return ({from, backend, isThroughVip, place}) => {
		const isPastBridge = isThroughVip || place !== 'same-bridge';
		const isHit = (from !== undefined && hit.has(podLabel(from))) || (backend !== undefined && hit.has(podLabel(backend)));
		return isPastBridge && isHit ? ['timeout', 'unreachable'] : [];
	};
};

/** Where the Service has no endpoint there is no route to one; the pod's packets to the ClusterIP need the gateway all the same. */
const isLostAtGateway = (cell: Cell, evidence: Evidence): boolean => cell.path !== 'endpoint'
	&& hitPods(evidence).has(cell.from)
	&& cell.attempts.length > 0
	&& cell.attempts.every(({outcome}) => outcome === 'timeout' || outcome === 'unreachable');

const isExplained = (cell: Cell, evidence: Evidence): boolean => isCellExplained(cell, evidence, predict(evidence)) || isLostAtGateway(cell, evidence);

/** kubelet asks a pod whether it is ready from the node, by the bridge: without the pod's gateway there it gets no answer. */
const isKeptFromReady = (evidence: Evidence): boolean => {
	const running = evidence.target.backends.filter(({isReady, phase}) => !isReady && phase === 'Running');
	const hit = hitPods(evidence);
	return running.length > 0 && running.every(pod => hit.has(podLabel(pod)));
};

const describe = (mismatches: readonly Mismatch[]): string => Map.groupBy(mismatches, ({node, bridge}) => `${bridge.name} on ${node.node}`).entries().map(([where, same]) => {
	const [{bridge, gateway}] = same;
	const has = bridge.addresses.length === 0 ? 'has no address' : `has ${joinWords(bridge.addresses)}`;
	return `${where} ${has}, and ${joinWords(same.map(({pod}) => pod))} ${same.length === 1 ? 'sends' : 'send'} to the gateway ${gateway}, which nobody has`;
}).toArray().join('; ');

const judge = (evidence: Evidence): Verdict => {
	const mismatches = findMismatches(evidence);
	if (mismatches.length > 0) {
		return judgeCondition(evidence, {
			what: describe(mismatches), refs: refsTo(...new Set(mismatches.map(({node}) => node.bridges))), explains: isExplained, isCertain: true, harmless: 'no probe failed from it',
		});
	}

	const {readings, gaps: unread} = readNodes(evidence, ({bridges}) => bridges);
	const unclear = findUnclear(evidence);
	const gaps = [...unread, ...(unclear.length > 0 ? [`which network ${joinWords(unclear)} should have a gateway in is not known`] : [])];
	return gaps.length > 0 ? unknown(gaps.join('; ')) : ok(`the bridges of ${nameNodes(readings)} have the address that their pods use as gateway`);
};

export const cniBridgeIpMismatch: Check = {
	id: 'cni-bridge-ip-mismatch',
	place: 600,
	title: 'The bridge has the pods\' gateway',
	explain: 'A pod sends whatever is not of its own network to a gateway, an address that the CNI gives the node\'s bridge. Where the bridge lost it or has one of another network (flannel\'s lease changed, somebody cleaned up), running pods reach only those of the same bridge, and new ones do not start: "already has an IP address different from".',
	judge,
	explains: isExplained,
	bringsAbout: (other, evidence) => other === 'no-ready-endpoints' && isKeptFromReady(evidence),
	repair(evidence) {
		const mismatches = findMismatches(evidence);
		const masks = mismatches.map(({node, bridge, gateway}) => {
			const network = knownPods(evidence).filter(pod => pod.node === node.node).flatMap(pod => networksOf(evidence, pod)).find(cidr => isInCidr(gateway, cidr) === true);
			return `ip addr add ${gateway}/${network?.split('/', 2)[1] ?? '24'} dev ${bridge.name}   # undo: the same with del`;
		});
		return [
			onNodes([...new Set(mismatches.map(({node}) => node.node))]),
			'cat /run/flannel/subnet.env   # where FLANNEL_SUBNET is another network now, pods must be made anew instead: drain the node, ip link del the bridge, uncordon',
			...new Set(masks),
		];
	},
};
