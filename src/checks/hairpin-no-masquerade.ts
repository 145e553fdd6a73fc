import type {Check, Verdict} from '../check.ts';
import type {Endpoint} from '../cluster/cluster.ts';
import type {Evidence, Known, NodeEvidence} from '../evidence/evidence.ts';
import {mapKnown, valueOf} from '../evidence/known.ts';
import {kernelProxyMode} from '../evidence/readings.ts';
import {isMasqueradingAll} from './shared/bypass.ts';
import {type Prediction, explainedCells, isCellExplained} from './shared/explain.ts';
import {
	flowsOf,
	nameFrame,
	openingFrame,
	refToPacket,
} from './shared/proof.ts';
import {backendOf, readyEndpoints} from './shared/routes.ts';
import {
	broken,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';
import {formatAddress, joinWords} from './shared/words.ts';

/** The set alone does nothing: a flush of the table takes the rule, and leaves the set. */
const findLoopbackRule = ({iptables}: NodeEvidence): Known<boolean> => mapKnown(iptables, rulesets => rulesets
	.flatMap(({rules}) => rules)
	.some(({text}) => / --match-set KUBE-(?:6-)?LOOP-BACK /v.test(text) && text.includes('-j MASQUERADE')));

/** ipvs: kube-proxy keeps `ADDRESS,tcp:PORT,ADDRESS` of local endpoints in KUBE-LOOP-BACK, which a rule of KUBE-POSTROUTING masquerades. */
const findLoopbackEntry = (node: NodeEvidence, {ip, port}: Endpoint, protocol: string): Known<boolean> =>
	mapKnown(node.ipsets, sets => [...sets['KUBE-LOOP-BACK'] ?? [], ...sets['KUBE-6-LOOP-BACK'] ?? []].includes(`${ip},${protocol}:${port},${ip}`));

/** iptables: `-A KUBE-SEP-… -s ADDRESS/32 … -j KUBE-MARK-MASQ`. */
const findSeparateRule = (node: NodeEvidence, {ip}: Endpoint): Known<boolean> => mapKnown(node.iptables, rulesets => rulesets
	.flatMap(({rules}) => rules)
	.some(({chain, text}) => chain.startsWith('KUBE-SEP-') && text.includes(`-s ${ip}/${ip.includes(':') ? 128 : 32} `) && text.endsWith('-j KUBE-MARK-MASQ')));

/** nftables: in the chain endpoint-…, `ip saddr ADDRESS jump mark-for-masquerade`. */
const findEndpointRule = (node: NodeEvidence, {ip}: Endpoint): Known<boolean> => mapKnown(node.proxyTable, ({rules}) =>
	rules.some(({chain, text}) => chain.startsWith('endpoint-') && text.endsWith(` -s ${ip} -j mark-for-masquerade`)));

const readMasquerading = (evidence: Evidence, node: NodeEvidence, endpoint: Endpoint): Known<boolean> => {
	const mode = kernelProxyMode(node);
	if ('unknown' in mode) {
		return mode;
	}

	if (isMasqueradingAll(evidence, node.node)) {
		return {value: true, origin: mode.origin};
	}

	if (mode.value === 'ipvs') {
		const rule = findLoopbackRule(node);
		return valueOf(rule) === true ? findLoopbackEntry(node, endpoint, evidence.target.port.protocol.toLowerCase()) : rule;
	}

	return mode.value === 'iptables' ? findSeparateRule(node, endpoint) : findEndpointRule(node, endpoint);
};

type Entry = {readonly endpoint: Endpoint; readonly node: NodeEvidence; readonly masqueraded: Known<boolean>};

/** Ready endpoints that are pods on nodes that were read. */
const readEntries = (evidence: Evidence): readonly Entry[] => readyEndpoints(evidence).flatMap(endpoint => {
	const backend = backendOf(endpoint, evidence);
	const node = evidence.nodes.get(endpoint.node ?? backend?.node ?? '');
	return node && backend?.isHostNetwork === false ? [{endpoint, node, masqueraded: readMasquerading(evidence, node, endpoint)}] : [];
});

/** The pod gets a packet from its own address and drops it as a martian, without an answer (faults.md 2.5). */
const predict = (evidence: Evidence): Prediction => ({place, isThroughVip, endpoint}) => {
	const entry = place === 'itself' && isThroughVip ? readEntries(evidence).find(candidate => candidate.endpoint.ip === endpoint.ip) : undefined;
	return valueOf(entry?.masqueraded) === false ? ['timeout'] : [];
};

const describeMissing = (missing: readonly Entry[]): string => `no rule on ${joinWords(missing.map(({node}) => node.node))} masquerades ${joinWords(missing.map(({endpoint}) => formatAddress(endpoint)))} when it reaches itself`;

/** The backend got its own address as the source. */
const findMartian = (evidence: Evidence) => {
	const flow = flowsOf(evidence).find(({client, backend, sourceAtBackend}) => backend?.ip === client.ip && sourceAtBackend?.ip === client.ip);
	return flow && openingFrame(flow);
};

const judgeMissing = (evidence: Evidence, missing: readonly Entry[]): Verdict => {
	const refs = refsTo(...missing.map(({masqueraded}) => masqueraded));
	const cells = explainedCells(evidence, predict(evidence));
	if (cells.length === 0) {
		const isAsked = evidence.matrix.some(({path, attempts}) => path === 'self' && attempts.length > 0);
		return isAsked
			? ok(`${describeMissing(missing)}, which has no effect here: no probe of a pod to itself failed from it`)
			: unknown(`${describeMissing(missing)}, and no probe tells whether that harms`);
	}

	const martian = findMartian(evidence);
	return broken(
		`${describeMissing(missing)}, so it gets its own address as the source and drops the packet${martian ? `; ${nameFrame(evidence, martian.point, martian.frame)} came back with its source unchanged` : ''}`,
		[...(martian ? [refToPacket(martian.point, martian.frame, 'comes back with its source unchanged')] : []), ...refs],
		martian ? 'certain' : 'likely',
	);
};

const judge = (evidence: Evidence): Verdict => {
	const entries = readEntries(evidence);
	const missing = entries.filter(({masqueraded}) => valueOf(masqueraded) === false);
	if (missing.length > 0) {
		return judgeMissing(evidence, missing);
	}

	const gaps = entries.flatMap(({node, masqueraded}) => ('unknown' in masqueraded ? [`${node.node}: ${masqueraded.unknown}`] : []));
	if (gaps.length > 0 || entries.length === 0) {
		return unknown(gaps.length > 0 ? joinWords(gaps) : 'no node with a ready backend pod could be read');
	}

	return ok(`${joinWords(entries.map(({endpoint}) => formatAddress(endpoint)))} is masqueraded when it reaches itself`);
};

export const hairpinNoMasquerade: Check = {
	id: 'hairpin-no-masquerade',
	place: 340,
	title: 'A pod that reaches itself is masqueraded',
	explain: 'A pod that is sent back to itself by its Service must see another source than its own address, or its kernel drops the packet as a martian. kube-proxy masquerades exactly this case, for endpoints of its own node.',
	judge,
	explains: (cell, evidence) => isCellExplained(cell, evidence, predict(evidence)),
	repair: evidence => [
		'# kube-proxy knows its own node\'s endpoints by its node name: it must be the one in the API',
		`kubectl get nodes -o name   # against: ps -o args -C kube-proxy | grep -o 'hostname-override=[^ ]*', on ${joinWords(readEntries(evidence).map(({node}) => node.node))}`,
		'systemctl restart kube-proxy   # or: kubectl -n kube-system rollout restart daemonset/kube-proxy',
	],
};
