import type {Evidence, NodeEvidence} from '../../evidence/evidence.ts';
import {valueOf} from '../../evidence/known.ts';
import {bridgeOfPod} from '../../evidence/readings.ts';
import {type Passage, passagesOf} from '../shared/passages.ts';
import {type Route, routesOf} from '../shared/routes.ts';
import type {Cell} from '../../probes/matrix.ts';
import {isMasqueradingAll} from '../shared/bypass.ts';
import {type HookPacket, masqueradeMark} from '../../datapath/rule.ts';
import {type FilterVerdict, walkRulesets} from '../../datapath/filter.ts';
import {type Stop, isStop} from './stops.ts';

/** One packet of a route at one node's FORWARD hook, and what becomes of it. */
export type Crossing = {
	readonly node: string;
	readonly packet: HookPacket;
	readonly verdict: FilterVerdict;
};

const bridgeName = (evidence: Evidence, pod: Route['from'], node: string): string | undefined =>
	pod?.node === node ? bridgeOfPod(evidence, pod)?.bridge.name : undefined;

/** The client's address as a node sees it; undefined where masquerading, or the node's own choice of a source, put another in its place. */
const sourceOf = ({from, cell, isThroughVip}: Route, evidence: Evidence, node: string): string | undefined => {
	const isRewritten = node !== cell.fromNode && isThroughVip && isMasqueradingAll(evidence, cell.fromNode);
	return isRewritten || from?.isHostNetwork === true ? undefined : from?.ip;
};

const packetOf = (route: Route, evidence: Evidence, {direction, isMarked}: Passage, node: NodeEvidence): HookPacket => {
	const {from, backend, endpoint, cell} = route;
	const source = sourceOf(route, evidence, node.node);
	const common = {
		protocol: cell.protocol === 'UDP' ? 'udp' as const : 'tcp' as const,
		mark: isMarked ? masqueradeMark : 0,
		bridges: (valueOf(node.bridges) ?? []).map(({name}) => name),
	};
	const [near, far] = [bridgeName(evidence, from, node.node), bridgeName(evidence, backend, node.node)];
	return direction === 'request'
		? {
			...common, source, destination: endpoint.ip, destinationPort: endpoint.port, state: 'NEW', inInterface: near, outInterface: far,
		}
		: {
			...common, source: endpoint.ip, destination: source, destinationPort: undefined, state: 'ESTABLISHED', inInterface: far, outInterface: near,
		};
};

const judgePassage = (route: Route, evidence: Evidence, passage: Passage): readonly Crossing[] => {
	const node = evidence.nodes.get(passage.node);
	if (!node) {
		return [];
	}

	const packet = packetOf(route, evidence, passage, node);
	const {iptables} = node;
	const verdict: FilterVerdict = 'value' in iptables ? walkRulesets(iptables.value, packet) : {does: 'unknown', because: iptables.unknown};
	return [{node: node.node, packet, verdict}];
};

/** Every crossing of FORWARD on this route, in both directions, as far as the nodes could be read. */
export const crossingsOf = (route: Route, evidence: Evidence): readonly Crossing[] =>
	(passagesOf(route, evidence) ?? []).flatMap(passage => judgePassage(route, evidence, passage));

/** The crossing that this route would get if br_netfilter handed the bridge's frames to FORWARD. */
export const crossingsIfFiltered = (route: Route, evidence: Evidence): readonly Crossing[] => (route.place === 'same-bridge' && !route.isThroughVip
	? judgePassage(route, evidence, {
		node: route.cell.fromNode, way: 'bridged', direction: 'request', isMarked: false,
	})
	: []);

/** A crossing that a rule or the policy of FORWARD stops. */
export type ForwardStop = Stop<Crossing>;

/** What stops packets of these cells, whatever way each of them takes. */
export const stopsOf = (cells: readonly Cell[], evidence: Evidence): readonly ForwardStop[] => cells
	.flatMap(cell => routesOf(cell, evidence))
	.flatMap(route => crossingsOf(route, evidence))
	.filter(crossing => isStop(crossing));
