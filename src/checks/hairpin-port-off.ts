import type {Check, Verdict} from '../check.ts';
import type {Pod} from '../cluster/cluster.ts';
import type {
	BridgePort,
	Evidence,
	Origin,
	Switch,
} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {bridgeOfPod} from '../evidence/readings.ts';
import type {Cell} from '../probes/matrix.ts';
import {bridgeNetfilterOf} from './shared/bridge-netfilter.ts';
import {ipVersionOf, isPlugRead} from './shared/bridges.ts';
import {type Prediction, explainedCells, isCellExplained} from './shared/explain.ts';
import {type tellLoss} from './shared/loss.ts';
import {judgeNodePorts, turnOnPorts} from './shared/node-ports.ts';
import {
	flowsOf,
	nameFrame,
	openingFrame,
	refToPacket,
	hasNoReply,
} from './shared/proof.ts';
import {
	broken,
	latent,
	ok,
	unknown,
} from './shared/verdicts.ts';
import {formatAddress, joinWords, podLabel} from './shared/words.ts';

type Plug = {readonly pod: Pod; readonly bridge: string; readonly port: BridgePort; readonly filtered: Switch | undefined; readonly origin: Origin | undefined};

const plugOf = (evidence: Evidence, pod: Pod): Plug | undefined => {
	const plug = bridgeOfPod(evidence, pod);
	const node = evidence.nodes.get(pod.node);
	return plug && node && {
		pod,
		bridge: plug.bridge.name,
		port: plug.port,
		filtered: valueOf(bridgeNetfilterOf(ipVersionOf(evidence))(node, plug.bridge)),
		origin: 'origin' in node.bridges ? node.bridges.origin : undefined,
	};
};

const backendPlugs = (evidence: Evidence): readonly Plug[] => evidence.target.backends
	.filter(({isHostNetwork}) => !isHostNetwork)
	.map(pod => plugOf(evidence, pod))
	.filter(plug => plug !== undefined);

/** A frame that would have to leave by the port it came in on is dropped, unless br_netfilter is off and it is routed instead (faults.md 2.5). */
const predict = (evidence: Evidence): Prediction => ({place, isThroughVip, from}) => {
	const plug = place === 'itself' && isThroughVip && from ? plugOf(evidence, from) : undefined;
	return plug?.port.hairpinMode === 0 && plug.filtered === 1 ? ['timeout'] : [];
};

const describePorts = (plugs: readonly Plug[]): string => joinWords(plugs.map(({pod, bridge, port}) => `hairpin_mode is 0 on ${port.name} (${bridge}, ${pod.node}), the port of ${podLabel(pod)}`));

const refsOf = (plugs: readonly Plug[]) => plugs.flatMap(({origin}) => (origin ? [{kind: 'value' as const, origin}] : []));

const judgeHarm = (evidence: Evidence, off: readonly Plug[], cells: readonly Cell[]): Verdict => {
	const guilty = off.filter(({pod, filtered}) => filtered === 1 && cells.some(({from}) => from === podLabel(pod)));
	const {words, refs} = provePort(evidence, cells);
	const {toIp, toPort} = cells[0];
	return broken(
		`${describePorts(guilty)}: with br_netfilter on, the frame that ${joinWords(guilty.map(({pod}) => pod.name))} sends to itself through ${formatAddress({ip: toIp, port: toPort})} may not leave by the port it came in on${words}`,
		[...refs, ...refsOf(guilty)],
		refs.length > 0 ? 'certain' : 'likely',
	);
};

/** The pod is client and backend at once: its own capture shows that the connection was never answered. */
const provePort = (evidence: Evidence, cells: readonly Cell[]): ReturnType<typeof tellLoss> => {
	const isClient = cells.some(({role}) => role === 'client');
	const flow = isClient && hasNoReply(evidence) ? flowsOf(evidence).find(({ending}) => ending === 'unanswered') : undefined;
	const seen = flow && openingFrame(flow);
	return seen
		? {words: `; ${nameFrame(evidence, seen.point, seen.frame)} was never answered`, refs: [refToPacket(seen.point, seen.frame, 'was never answered')]}
		: {words: '', refs: []};
};

const isProbedOpen = (evidence: Evidence, {pod}: Plug): boolean =>
	evidence.matrix.some(({from, path, attempts}) => from === podLabel(pod) && path === 'self' && attempts.some(({outcome}) => outcome === 'open') && attempts.every(({outcome}) => outcome === 'open'));

const judgeHarmless = (evidence: Evidence, off: readonly Plug[]): Verdict => {
	const unread = off.filter(({filtered}) => filtered === undefined);
	if (unread.length > 0) {
		return unknown(`${describePorts(unread)}, but whether br_netfilter is on there could not be read`);
	}

	const dormant = off.filter(({filtered}) => filtered !== 1);
	if (dormant.length > 0) {
		return latent(`${describePorts(dormant)}; no effect now, because br_netfilter is off there: once it is on, that pod cannot reach itself through the Service`, refsOf(dormant));
	}

	return off.every(plug => isProbedOpen(evidence, plug))
		? ok(`${describePorts(off)}, which has no effect here: it reaches itself through the Service all the same`)
		: latent(`${describePorts(off)}; no probe shows that it cannot reach itself through the Service`, refsOf(off));
};

/** Without an API server, backends on nodes that were not reached are not known as pods. */
const describeLost = ({target}: Evidence): readonly string[] => target.endpoints
	.filter(({ip}) => target.isFromRules === true && target.backends.every(pod => pod.ip !== ip))
	.map(({ip}) => `the bridge port of ${ip} is not known: it is on no node that was reached`);

const describeUnplugged = (evidence: Evidence): readonly string[] => evidence.target.backends
	.filter(pod => !pod.isHostNetwork && !isPlugRead(evidence, pod))
	.map(pod => {
		const peer = evidence.pods.get(podLabel(pod))?.peerIfindex;
		const reason = evidence.unreachable.get(podLabel(pod)) ?? evidence.unreachable.get(pod.node) ?? (peer && 'unknown' in peer ? peer.unknown : 'its node could not be read');
		return `the bridge port of ${podLabel(pod)} is not known: ${reason}`;
	});

const judge = (evidence: Evidence): Verdict => {
	const plugs = backendPlugs(evidence);
	const off = plugs.filter(({port}) => port.hairpinMode === 0);
	const cells = explainedCells(evidence, predict(evidence));
	if (cells.length > 0) {
		return judgeHarm(evidence, off, cells);
	}

	if (off.length > 0) {
		return judgeHarmless(evidence, off);
	}

	const unplugged = [...describeUnplugged(evidence), ...describeLost(evidence)];
	if (unplugged.length > 0) {
		return unknown(unplugged.join('; '));
	}

	return ok(plugs.length === 0 ? 'no backend is on a bridge' : `hairpin_mode is 1 on ${joinWords(plugs.map(({pod, port}) => `${port.name} (${pod.name})`))}`);
};

const lasting = '# lasting: "hairpinMode": true in the bridge plugin\'s part of /etc/cni/net.d/*.conflist (flannel: kubectl -n kube-flannel edit configmap kube-flannel-cfg), then make the pods anew: it is set when a pod is plugged in. Not kubelet\'s hairpinMode.';

const repair = (evidence: Evidence): readonly string[] => [
	...backendPlugs(evidence)
		.filter(({port}) => port.hairpinMode === 0)
		.map(({pod, port}) => `ip link set dev ${port.name} type bridge_slave hairpin on   # on ${pod.node}, as root`),
	lasting,
];

export const hairpinPortOff: Check = {
	id: 'hairpin-port-off',
	place: 310,
	title: 'Bridge ports have hairpin_mode',
	explain: 'A pod that reaches itself through its own Service sends a frame that must come back by the bridge port it left on. With br_netfilter on, the bridge allows that only where the port\'s hairpin_mode is 1. It decides nothing between two different pods.',
	judge,
	explains: (cell, evidence) => isCellExplained(cell, evidence, predict(evidence)),
	repair,
	fixedBy: ['hairpin-port=on'],
	ofNode: {judge: judgeNodePorts, repair: node => [...turnOnPorts(node), lasting]},
};
