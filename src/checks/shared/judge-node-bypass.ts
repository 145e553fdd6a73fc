import type {Verdict} from '../../check.ts';
import type {Bridge, Known, NodeEvidence} from '../../evidence/evidence.ts';
import {mapKnown, valueOf} from '../../evidence/known.ts';
import {isTranslating, masqueradesAllOfNode} from '../../evidence/readings.ts';
import type {Bypass} from './bypass.ts';
import {futureBridge, podBridgesOfNode} from './node-bridges.ts';
import {
	broken,
	latent,
	ok,
	refsTo,
	unknown,
} from './verdicts.ts';
import {joinWords} from './words.ts';

const consequence = 'would wait in vain for a Service whose backend is on it as well';

/** The bypass holds on these bridges of pods: what that breaks, unless something hides it. */
const judgeHarm = (node: NodeEvidence, {condition, source}: Bypass, off: readonly Bridge[]): Verdict => {
	const masquerade = masqueradesAllOfNode(node);
	const refs = refsTo(source(node), node.bridges);
	if (!isTranslating(node)) {
		return latent(`${condition}; no kube-proxy runs here whose translation replies could pass by`, refs);
	}

	if ('unknown' in masquerade) {
		return unknown(`${condition}, and whether masqueradeAll hides it could not be read: ${masquerade.unknown}`);
	}

	return masquerade.value
		? latent(`${condition}; masqueradeAll hides it, since every reply goes to the node first`, [...refs, ...refsTo(masquerade)])
		: broken(`${condition}, so that replies from pod to pod of ${joinWords(off.map(({name}) => name))} pass NAT by: a pod of this node ${consequence}`, refs, 'likely');
};

const judgeFuture = (node: NodeEvidence, {readOff, condition, source}: Bypass): Verdict => {
	const future = futureBridge(node);
	return future && valueOf(readOff(node, future)) === true
		? latent(`${condition}; no pod is plugged into ${future.name} now, but one that will be ${consequence}`, refsTo(source(node)))
		: ok('no bridge carries pods here, so that no reply can be bridged past NAT');
};

const findOff = (node: NodeEvidence, bridges: readonly Bridge[], {readOff}: Bypass): Known<readonly Bridge[]> => {
	const answers = bridges.map(bridge => ({bridge, state: readOff(node, bridge)}));
	const off = answers.filter(({state}) => valueOf(state) === true).map(({bridge}) => bridge);
	const unread = answers.find(({state}) => 'unknown' in state)?.state;
	return unread && 'unknown' in unread && off.length === 0 ? unread : mapKnown(node.bridges, () => off);
};

/** Judges a condition that lets the bridges of one node pass replies by NAT. Where its CNI uses no bridge, it is no fault. */
export const judgeNodeBypass = (node: NodeEvidence, bypass: Bypass, healthy: string): Verdict => {
	const carrying = podBridgesOfNode(node);
	const bridges = valueOf(carrying) ?? (valueOf(node.bridges) ?? []).filter(({ports}) => ports.length > 0);
	if ('value' in carrying && bridges.length === 0) {
		return judgeFuture(node, bypass);
	}

	const off = findOff(node, bridges, bypass);
	if ('unknown' in off) {
		return unknown(off.unknown);
	}

	if (off.value.length === 0 && bridges.length > 0) {
		return ok(healthy);
	}

	return 'unknown' in carrying ? unknown(`${bypass.condition}, and ${carrying.unknown}`) : judgeHarm(node, bypass, off.value);
};
