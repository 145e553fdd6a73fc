import type {Verdict} from '../../check.ts';
import type {Bridge, Iptables, NodeEvidence} from '../../evidence/evidence.ts';
import {valueOf} from '../../evidence/known.ts';
import {configuredProxy} from '../../evidence/readings.ts';
import {podBridgesOfNode} from '../shared/node-bridges.ts';
import {
	broken,
	ok,
	refsTo,
	unknown,
} from '../shared/verdicts.ts';
import {joinWords} from '../shared/words.ts';
import type {HookPacket} from '../../datapath/rule.ts';
import {type FilterVerdict, walkRulesets} from '../../datapath/filter.ts';

type Way = {readonly what: string; readonly packet: HookPacket};

/** The first packets of two connections that any pod of a bridge may have: to another node, and from one. The bridge's own address stands for its pods. */
const waysOf = (bridge: Bridge, names: readonly string[]): readonly Way[] => {
	const [address] = bridge.addresses.filter(text => !text.includes(':')).map(text => text.split('/', 1)[0]);
	const common = {
		protocol: 'tcp', destinationPort: undefined, state: 'NEW', mark: 0, bridges: names,
	} as const;
	return [
		{
			what: `from pods of ${bridge.name} to other nodes`, packet: {
				...common, source: address, destination: undefined, inInterface: bridge.name, outInterface: undefined,
			},
		},
		{
			what: `from other nodes to pods of ${bridge.name}`, packet: {
				...common, source: undefined, destination: address, inInterface: undefined, outInterface: bridge.name,
			},
		},
	];
};

/** `DROP` where any iptables of the node has that policy, `-` where none has a filter table. */
export const forwardPolicyOf = (rulesets: readonly Iptables[]): string => {
	const policies = rulesets.flatMap(({chains}) => chains.filter(({table, chain}) => table === 'filter' && chain === 'FORWARD').map(({policy}) => policy));
	return policies.find(policy => policy === 'DROP') ?? policies.at(0) ?? '-';
};

const isStop = ({verdict}: {readonly verdict: FilterVerdict}): boolean => verdict.does === 'drop' || verdict.does === 'reject';

const judgeWays = (node: NodeEvidence, rulesets: readonly Iptables[], bridges: readonly Bridge[]): Verdict => {
	const names = (valueOf(node.bridges) ?? []).map(({name}) => name);
	const walked = bridges.flatMap(bridge => waysOf(bridge, names)).map(({what, packet}) => ({what, verdict: walkRulesets(rulesets, packet)}));
	const stops = walked.filter(way => isStop(way));
	if (stops.length > 0) {
		const by = stops.map(({verdict}) => ('by' in verdict ? verdict.by : ''));
		return broken(`${joinWords(by)} would stop connections ${joinWords(stops.map(({what}) => what))}`, refsTo(node.iptables), 'likely');
	}

	const doubt = walked.find(({verdict}) => verdict.does === 'unknown')?.verdict;
	const isLenient = forwardPolicyOf(rulesets) !== 'DROP';
	if (isLenient || !doubt || !('because' in doubt)) {
		return ok(isLenient ? 'what no rule of FORWARD stops is let through' : 'rules of FORWARD let the pods of the bridge through');
	}

	return unknown(`the policy of FORWARD is DROP, and ${doubt.because}`);
};

/** Whether FORWARD of one node would stop the pods of its bridges. */
export const judgeNodeForward = (node: NodeEvidence): Verdict => {
	const {iptables} = node;
	if ('unknown' in iptables) {
		return unknown(iptables.unknown);
	}

	const bridges = podBridgesOfNode(node);
	if ('value' in bridges && bridges.value.length > 0) {
		return judgeWays(node, iptables.value, bridges.value);
	}

	return forwardPolicyOf(iptables.value) === 'DROP'
		? unknown('the policy of FORWARD is DROP, and no bridge is known to carry pods here, so that it cannot be told without a Service whether a rule lets them through')
		: ok('what no rule of FORWARD stops is let through');
};

/** The IPv4 networks of pods, as kube-proxy of this node is told them. */
export const podNetworks = (node: NodeEvidence): readonly string[] => {
	const configured = valueOf(configuredProxy(node))?.clusterCidrs ?? [];
	return configured.filter(cidr => /^[\d.]+\/\d+$/v.test(cidr));
};
