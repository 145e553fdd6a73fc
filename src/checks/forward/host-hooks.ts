import type {Evidence, Iptables, NodeEvidence} from '../../evidence/evidence.ts';
import {valueOf} from '../../evidence/known.ts';
import {routeTo} from '../../evidence/network.ts';
import {bridgeOfPod, cniPlugin, kernelProxyMode} from '../../evidence/readings.ts';
import {isMasqueradingAll} from '../shared/bypass.ts';
import {isFailing} from '../../probes/matrix.ts';
import {type Route, routesOf} from '../shared/routes.ts';
import type {HookPacket} from '../../datapath/rule.ts';
import {type FilterHook, type FilterVerdict, walkRulesets} from '../../datapath/filter.ts';

/** One packet of a route at a node's INPUT or OUTPUT, and what becomes of it. */
export type HostCrossing = {
	readonly node: string;
	readonly hook: FilterHook;
	readonly packet: HookPacket;
	readonly verdict: FilterVerdict;
};

type Step = Pick<HostCrossing, 'node' | 'hook'> & {readonly packet: Omit<HookPacket, 'bridges' | 'mark'>};

// kube-proxy's and kubelet's own chains let Services through; what they reject is judged by other checks.
const isOwn = (chain: string, text: string): boolean => (chain === 'INPUT' || chain === 'OUTPUT') && / -j (?:KUBE-|FLANNEL-)/v.test(text);

const withoutOwn = (rulesets: readonly Iptables[]): readonly Iptables[] => rulesets.map(ruleset => ({...ruleset, rules: ruleset.rules.filter(({chain, text}) => !isOwn(chain, text))}));

const stepOf = (node: string, hook: FilterHook, packet: Partial<Step['packet']>): Step => ({
	node, hook, packet: {
		source: undefined, destination: undefined, protocol: 'tcp', destinationPort: undefined, state: 'NEW', inInterface: undefined, outInterface: undefined, ...packet,
	},
});

const protocolOf = ({cell}: Route): 'tcp' | 'udp' => (cell.protocol === 'UDP' ? 'udp' : 'tcp');

const isIpvs = ({nodes}: Evidence, name: string): boolean => {
	const node = nodes.get(name);
	return node !== undefined && valueOf(kernelProxyMode(node)) === 'ipvs';
};

/** In ipvs mode a request enters the node for the ClusterIP, which INPUT still sees, and leaves it for the backend by OUTPUT. */
const ipvsSteps = (route: Route, evidence: Evidence): readonly Step[] => {
	const {cell, from, endpoint} = route;
	if (from === undefined || from.isHostNetwork || !route.isThroughVip || !isIpvs(evidence, cell.fromNode)) {
		return [];
	}

	const common = {protocol: protocolOf(route), source: from.ip};
	const bridge = bridgeOfPod(evidence, from)?.bridge.name;
	return [
		stepOf(cell.fromNode, 'INPUT', {
			...common, destination: cell.toIp, destinationPort: cell.toPort, inInterface: bridge,
		}),
		stepOf(cell.fromNode, 'OUTPUT', {...common, destination: endpoint.ip, destinationPort: endpoint.port}),
	];
};

const isFromNode = ({cell, from}: Route): boolean => cell.fromKind === 'node' || from?.isHostNetwork === true;

/** What the node itself sends, and the answer to it: from a pod of its own bridge, or of another node. */
const nodeSteps = (route: Route, evidence: Evidence): readonly Step[] => {
	const {cell, endpoint, backend, place} = route;
	if (!isFromNode(route)) {
		return [];
	}

	const bridge = place === 'same-node' && backend ? bridgeOfPod(evidence, backend)?.bridge.name : undefined;
	const common = {protocol: protocolOf(route)};
	return [
		stepOf(cell.fromNode, 'OUTPUT', {
			...common, destination: endpoint.ip, destinationPort: endpoint.port, outInterface: bridge,
		}),
		stepOf(cell.fromNode, 'INPUT', {
			...common, source: endpoint.ip, state: 'ESTABLISHED', inInterface: bridge,
		}),
	];
};

/** A backend on its node's own network is reached by INPUT; on the client's own node IPVS has passed INPUT as the ClusterIP already. */
const hostBackendSteps = (route: Route, evidence: Evidence): readonly Step[] => {
	const {cell, from, endpoint, backend, backendNode, place, isThroughVip} = route;
	const isPassed = isThroughVip && place !== 'other-node' && isIpvs(evidence, cell.fromNode);
	if (isPassed || backendNode === undefined || backend?.isHostNetwork !== true) {
		return [];
	}

	const isRewritten = from?.isHostNetwork === true || (isThroughVip && isMasqueradingAll(evidence, cell.fromNode));
	return [stepOf(backendNode, 'INPUT', {
		protocol: protocolOf(route), source: isRewritten ? undefined : from?.ip, destination: endpoint.ip, destinationPort: endpoint.port,
	})];
};

/** flannel's VXLAN (Documentation/backends.md): UDP 8472. */
const flannelPort = 8472;

/** The port of the tunnel that a node's route to an address leads into; of flannel the usual one, where routes could not be read. */
const tunnelPort = (node: NodeEvidence | undefined, ip: string): number | undefined => {
	const network = valueOf(node?.network);
	// Without ip(8) neither rules nor ports of tunnels are known.
	if (network?.rules === undefined) {
		return node && valueOf(cniPlugin(node))?.startsWith('flannel') === true ? flannelPort : undefined;
	}

	const device = ip.includes(':') ? undefined : routeTo(network, ip)?.device;
	return network.tunnels.find(tunnel => tunnel.device === device)?.port;
};

const tunnelStep = (port: number, [from, to]: readonly [from: string, to: string], hook: 'INPUT' | 'OUTPUT', {target}: Evidence): Step => stepOf(hook === 'INPUT' ? to : from, hook, {
	protocol: 'udp', source: target.nodes.get(from)?.internalIp, destination: target.nodes.get(to)?.internalIp, destinationPort: port,
});

/** Packets of the overlay between two nodes, each direction where that node's route leads into a tunnel. */
const overlaySteps = ({cell: {fromNode}, from, backendNode, endpoint, place, backend}: Route, evidence: Evidence): readonly Step[] => {
	if (place !== 'other-node' || backendNode === undefined || backend?.isHostNetwork === true) {
		return [];
	}

	const there = {ends: [fromNode, backendNode] as const, to: endpoint.ip};
	const back = from ? [{ends: [backendNode, fromNode] as const, to: from.ip}] : [];
	return [there, ...back].flatMap(({ends, to}) => {
		const port = tunnelPort(evidence.nodes.get(ends[0]), to);
		return port === undefined ? [] : [tunnelStep(port, ends, 'OUTPUT', evidence), tunnelStep(port, ends, 'INPUT', evidence)];
	});
};

/** Tunnels whose packets between nodes have no port that is read. */
const otherTunnels: ReadonlySet<string> = new Set(['wireguard', 'ipip', 'gre', 'gretap', 'geneve', 'sit', 'ip6tnl', 'xfrm']);

/** Such tunnels on the way of failing probes, in sentences. */
export const findOtherTunnels = (evidence: Evidence): readonly string[] => {
	const routes = evidence.matrix.filter(cell => isFailing(cell)).flatMap(cell => routesOf(cell, evidence)).filter(({place}) => place === 'other-node');
	return [...new Set(routes.flatMap(({cell: {fromNode}, endpoint: {ip}}) => {
		const network = valueOf(evidence.nodes.get(fromNode)?.network);
		const device = network && !ip.includes(':') ? routeTo(network, ip)?.device : undefined;
		const kind = network?.interfaces.find(({name}) => name === device)?.kind ?? '';
		return otherTunnels.has(kind) ? [`what ${device ?? ''} (${kind}) on ${fromNode} sends to other nodes is not followed through their firewalls`] : [];
	}))];
};

const walkStep = ({node, hook, packet}: Step, reading: NodeEvidence): HostCrossing => {
	const whole: HookPacket = {...packet, mark: 0, bridges: (valueOf(reading.bridges) ?? []).map(({name}) => name)};
	const {iptables} = reading;
	return {
		node, hook, packet: whole, verdict: 'value' in iptables ? walkRulesets(withoutOwn(iptables.value), whole, hook) : {does: 'unknown', because: iptables.unknown},
	};
};

const walkSteps = (steps: readonly Step[], {nodes}: Evidence): readonly HostCrossing[] => steps.flatMap(step => {
	const reading = nodes.get(step.node);
	return reading ? [walkStep(step, reading)] : [];
});

/** Where packets of this route meet INPUT and OUTPUT of nodes that could be read. */
export const hostCrossingsOf = (route: Route, evidence: Evidence): readonly HostCrossing[] =>
	walkSteps([...ipvsSteps(route, evidence), ...nodeSteps(route, evidence), ...hostBackendSteps(route, evidence)], evidence);

/** Where the overlay's own packets do. */
export const overlayCrossingsOf = (route: Route, evidence: Evidence): readonly HostCrossing[] => walkSteps(overlaySteps(route, evidence), evidence);
