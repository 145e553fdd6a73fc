import type {Check, EvidenceRef, Verdict} from '../check.ts';
import type {Evidence} from '../evidence/evidence.ts';
import type {FullSize} from '../probes/full-size.ts';
import {onNodes} from './shared/repairs.ts';
import {ok, unknown} from './shared/verdicts.ts';
import {joinWords} from './shared/words.ts';

const formatBytes = (bytes: number): string => bytes.toLocaleString('en');

const describeWay = ({from, fromNode, to, toNode}: FullSize): string => `from ${from} on ${fromNode} to ${to} on ${toNode}`;

const describeLoss = (way: FullSize): string =>
	`packets of ${formatBytes(way.bytes)} bytes ${describeWay(way)} are lost without a word${way.largest === undefined ? '' : `, those of up to ${formatBytes(way.largest)} arrive`}`;

const lostOf = ({fullSize}: Evidence): readonly FullSize[] => (fullSize ?? []).filter(({outcome}) => outcome === 'lost');

const refsOf = (ways: readonly FullSize[]): readonly EvidenceRef[] => ways.map(({from, command, printed}) => ({kind: 'value', origin: {point: from, command, excerpt: printed}}));

const hasOtherNodes = ({target: {client, backends}}: Evidence): boolean => !client.isHostNetwork && backends.some(({node, isHostNetwork}) => node !== client.node && !isHostNetwork);

const judgeArrival = (ways: readonly FullSize[]): Verdict => {
	const unclear = ways.filter(({outcome}) => outcome === 'unknown');
	if (unclear.length > 0) {
		return unknown(unclear.map(way => `whether packets of ${formatBytes(way.bytes)} bytes arrive ${describeWay(way)} could not be told: ${way.because ?? 'not known'}`).join('; '));
	}

	const told = ways.filter(({outcome}) => outcome === 'told');
	return ok(told.length > 0
		? `routers tell ${joinWords(told.map(({from}) => from))} to send smaller packets than ${formatBytes(told[0].bytes)} bytes`
		: `packets of ${joinWords(ways.map(({bytes}) => formatBytes(bytes)))} bytes arrive ${joinWords(ways.map(way => describeWay(way)))}`);
};

const judge = (evidence: Evidence): Verdict => {
	const lost = lostOf(evidence);
	if (lost.length > 0) {
		return {
			status: 'broken', confidence: 'certain', isSeen: true, evidence: refsOf(lost), because: `${joinWords(lost.map(way => describeLoss(way)))}: a connection opens, and hangs with its first large packet`,
		};
	}

	if (evidence.fullSize && evidence.fullSize.length > 0) {
		return judgeArrival(evidence.fullSize);
	}

	return hasOtherNodes(evidence) ? unknown('no connection opened between nodes, so that no packet of full size was sent') : ok('the client and its backends are on one node, where nothing is smaller than their links');
};

const largestOf = ({largest, bytes}: FullSize): number => largest ?? (bytes - 100);

const isOfIpv6 = ({toIp}: FullSize): boolean => toIp.includes(':');

/** What keeps TCP of one family below the smallest of the largest packets that arrive: 40 bytes are headers, of IPv6 60 (RFC 9293, 3.7.1). */
const clampOf = (way: FullSize, lost: readonly FullSize[]): string => {
	const largest = Math.min(...lost.filter(other => isOfIpv6(other) === isOfIpv6(way)).map(other => largestOf(other)));
	const program = isOfIpv6(way) ? 'ip6tables' : 'iptables';
	const rule = `-t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss ${largest - (isOfIpv6(way) ? 60 : 40)}`;
	return `${program} ${rule}   # at once, until then, for new TCP connections. undo: ${program} ${rule.replace(' -A ', ' -D ')}`;
};

export const mtuBlackhole: Check = {
	id: 'mtu-blackhole',
	place: 565,
	title: 'Full-size packets arrive',
	explain: 'A pod sends packets as large as its own link takes. Where something between two nodes takes less (an overlay that adds its header, a VPN, a switch), a router has to say so by ICMP; where nobody does, or a firewall drops it, connections open and then hang with the first large packet: a TLS certificate, a large answer or upload.',
	judge,
	explains: () => false,
	repair(evidence) {
		const lost = lostOf(evidence);
		return [
			onNodes(lost.flatMap(({fromNode, toNode}) => [fromNode, toNode])),
			'ip -o link   # the links of pods, of the overlay and of the node: an overlay needs room for its header (VXLAN 50 bytes, over IPv6 70, IPIP 20, WireGuard 60 to 80)',
			`# lasting: set the MTU of the CNI to at most ${Math.min(...lost.map(way => largestOf(way)))}, restart its agent, create the pods anew`,
			...new Set(lost.map(way => clampOf(way, lost))),
		];
	},
};
