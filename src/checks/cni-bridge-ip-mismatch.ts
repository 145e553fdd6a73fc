import type {Check, Verdict} from '../check.ts';
import type {Bridge, Evidence, NodeEvidence} from '../evidence/evidence.ts';
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

/** A gateway outside the node's pod network, such as Calico's 169.254.1.1, is answered for by other means. */
const isOwnNetwork = ({target}: Evidence, node: string, gateway: string): boolean =>
	target.nodes.get(node)?.podCidrs.some(cidr => isInCidr(gateway, cidr) === true) === true;

/** The gateway as the pod has it: the address that must be on the bridge. Pods without one on their own bridge are routed otherwise. */
const findMismatches = (evidence: Evidence): readonly Mismatch[] => knownPods(evidence).flatMap(pod => {
	const node = evidence.nodes.get(pod.node);
	const bridge = bridgeOfPod(evidence, pod)?.bridge;
	const gateway = valueOf(evidence.pods.get(podLabel(pod))?.gateway);
	const hasGateway = bridge?.addresses.some(address => address.split('/', 1)[0] === gateway);
	return hasGateway === false && node && bridge && gateway?.includes('.') && isOwnNetwork(evidence, pod.node, gateway)
		? [{
			node, bridge, pod: podLabel(pod), gateway,
		}]
		: [];
});

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

	const {readings, gaps} = readNodes(evidence, ({bridges}) => bridges);
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
			const length = evidence.target.nodes.get(node.node)?.podCidrs.find(cidr => isInCidr(gateway, cidr) === true)?.split('/', 2)[1] ?? '24';
			return `ip addr add ${gateway}/${length} dev ${bridge.name}   # undo: the same with del`;
		});
		return [
			onNodes([...new Set(mismatches.map(({node}) => node.node))]),
			'cat /run/flannel/subnet.env   # where FLANNEL_SUBNET is another network now, pods must be made anew instead: drain the node, ip link del the bridge, uncordon',
			...new Set(masks),
		];
	},
};
