import type {
	Bridge,
	Evidence,
	Known,
	NodeEvidence,
} from '../../evidence/evidence.ts';
import {valueOf} from '../../evidence/known.ts';
import {bridgeOfPod, masqueradesAll} from '../../evidence/readings.ts';
import {findImpossibleReply, hasNoReply} from './proof.ts';
import type {Prediction} from './explain.ts';
import type {Route} from './routes.ts';

/** One way in which a bridge keeps bridged packets from netfilter: whether it holds on a node's bridge, and how to say it. */
export type Bypass = {
	readonly readOff: (node: NodeEvidence, bridge: Bridge) => Known<boolean>;
	/** `br_netfilter is not loaded`. */
	readonly condition: string;
	/** The reading that a verdict rests on. */
	readonly source: (node: NodeEvidence) => Known<unknown> | undefined;
};

/** True where the rules give every client of the Service the node's address. */
export const isMasqueradingAll = (evidence: Evidence, node: string): boolean => {
	const reading = evidence.nodes.get(node);
	return reading !== undefined && valueOf(masqueradesAll(reading)) === true;
};

/** No bridge can bypass NAT where every reply goes to the node; a packet that shows otherwise outweighs the rule. */
const isSentToNode = ({cell, endpoint}: Route, evidence: Evidence): boolean =>
	isMasqueradingAll(evidence, cell.fromNode) && (cell.role !== 'client' || findImpossibleReply(evidence)?.source.ip !== endpoint.ip);

/** A reply on this route is bridged from port to port, unseen by NAT: same bridge, translated on the way there, nothing that forces it through the node. */
export const isBypassed = (route: Route, evidence: Evidence, {readOff}: Pick<Bypass, 'readOff'>): boolean => {
	const node = evidence.nodes.get(route.cell.fromNode);
	const plug = route.from && bridgeOfPod(evidence, route.from);
	return route.isThroughVip && route.place === 'same-bridge' && node !== undefined && plug !== undefined
		&& valueOf(readOff(node, plug.bridge)) === true && !isSentToNode(route, evidence);
};

/** The client waits in vain: its kernel resets a reply from an address that it never dialled (RFC 9293, 3.5.2). */
export const predictBypass = (evidence: Evidence, bypass: Bypass): Prediction => route => {
	const isDenied = route.cell.role === 'client' && hasNoReply(evidence);
	return !isDenied && isBypassed(route, evidence, bypass) ? ['timeout'] : [];
};
