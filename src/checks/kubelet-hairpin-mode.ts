import type {Check, Verdict} from '../check.ts';
import type {Evidence, NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {cniHairpinMode, kubeletHairpinMode} from '../evidence/readings.ts';
import {podBridges} from './shared/bridges.ts';
import {type NodeReading, nameNodes, readNodes} from './shared/nodes.ts';
import {ok, unknown} from './shared/verdicts.ts';
import {joinWords} from './shared/words.ts';

/** What the ports really have: `the bridge ports have hairpin_mode 1`. */
const describePorts = (evidence: Evidence, node: NodeEvidence): string => {
	const modes = podBridges(evidence, node).flatMap(({ports}) => ports.map(({hairpinMode}) => String(hairpinMode)));
	return modes.length === 0 ? 'there is no bridge port to act on' : `the bridge ports have hairpin_mode ${joinWords(modes.toSorted())}`;
};

const describeCni = (node: NodeEvidence): string => {
	const mode = valueOf(cniHairpinMode(node));
	return `the CNI configuration decides${mode === undefined ? '' : `, with hairpinMode ${mode}`}`;
};

/** Claimed and actual; nodes that agree are told together. */
const describeNodes = (evidence: Evidence, readings: ReadonlyArray<NodeReading<string>>): string => Map.groupBy(readings, ({node, value}) => {
	const path = valueOf(node.kubeletConfig)?.path ?? 'its configuration';
	return `${path} says hairpinMode ${value}, but ${describeCni(node)}; ${describePorts(evidence, node)}`;
}).entries().map(([words, same]) => `on ${nameNodes(same)} ${words}`).toArray().join('; ');

/** Only dockershim without a CNI plugin ever used the value; it was removed with Kubernetes 1.24 (kubernetes#97252). Without an API server the version is not known. */
const hasConsumer = ({target}: Evidence, node: NodeEvidence): boolean => {
	const minor = /^v?1\.(?<minor>\d+)/v.exec(target.nodes.get(node.node)?.kubeletVersion ?? '')?.groups?.minor;
	return (minor === undefined ? target.isFromRules === true : Number(minor) < 24) && (valueOf(node.cniConfigs) ?? []).length === 0;
};

const judge = (evidence: Evidence): Verdict => {
	const {readings, gaps} = readNodes(evidence, node => kubeletHairpinMode(node));
	const unclear = readings.filter(({node}) => hasConsumer(evidence, node));
	if (unclear.length > 0) {
		return unknown(`whether a CNI plugin sets the ports could not be read on ${joinWords(unclear.map(({node}) => node.node))}, and a kubelet before 1.24 may act on hairpinMode itself`);
	}

	return readings.length === 0
		? unknown(gaps.join('; '))
		: ok(`no effect: ${describeNodes(evidence, readings)}`);
};

export const kubeletHairpinModeCheck: Check = {
	id: 'kubelet-hairpin-mode',
	place: 320,
	title: 'kubelet hairpinMode plays no part',
	explain: 'kubelet\'s hairpinMode acted only inside its own docker integration, gone since Kubernetes 1.24. Under a CNI plugin the plugin\'s configuration sets hairpin_mode when a pod is plugged in, and the bridge port is what acts. It also concerns only a pod that reaches itself.',
	judge,
	explains: () => false,
	repair: () => [],
	fixedBy: ['kubelet-hairpin-mode=hairpin-veth'],
};
