import type {Verdict} from '../../check.ts';
import type {Bridge, Evidence, NodeEvidence} from '../../evidence/evidence.ts';
import {type Cell, isOpen} from '../../probes/matrix.ts';
import {type Bypass, isMasqueradingAll, predictBypass} from './bypass.ts';
import {isCellExplained} from './explain.ts';
import {nameNodes} from './nodes.ts';
import {flowsOf, hasNoReply} from './proof.ts';
import {readyEndpoints, routesOf} from './routes.ts';
import {latent, refsTo} from './verdicts.ts';

/** Where a bypass holds, and what could not be read. */
export type BypassedSpots = {
	readonly spots: ReadonlyArray<{readonly node: NodeEvidence; readonly bridge: Bridge}>;
	readonly gaps: readonly string[];
};

/** A probe that got through although its reply had to be bridged past NAT. */
const findPassing = (evidence: Evidence, bypass: Bypass): Cell | undefined => evidence.matrix
	.find(cell => isOpen(cell) && isCellExplained(cell, evidence, predictBypass(evidence, bypass)));

const sourceAtBackend = (evidence: Evidence): string | undefined => flowsOf(evidence)
	.find(({sourceAtBackend: source, client}) => (source?.ip ?? client.ip) !== client.ip)?.sourceAtBackend?.ip;

const describeMask = (evidence: Evidence): string => {
	const source = sourceAtBackend(evidence);
	return `masqueradeAll hides it, since every reply goes to the node first${source === undefined ? '' : `: at the backend the source is ${source}`}`;
};

const describePassing = (evidence: Evidence, {from}: Cell): string => {
	const source = sourceAtBackend(evidence);
	return `and yet ${from} reaches the Service over one bridge: ${source === undefined ? 'something else translates the reply' : `at the backend the source is ${source}`}`;
};

const describeQuiet = (evidence: Evidence): string => {
	if (readyEndpoints(evidence).length === 0) {
		return 'no endpoint could answer';
	}

	const isProbed = evidence.matrix.some(cell => cell.path !== 'endpoint' && routesOf(cell, evidence).some(({place}) => place === 'same-bridge'));
	return isProbed ? 'no probe failed from it' : 'no probe through the Service stayed on one bridge';
};

const whyHarmless = (evidence: Evidence, bypass: Bypass, {spots}: BypassedSpots): string => {
	if (spots.some(({node}) => isMasqueradingAll(evidence, node.node))) {
		return describeMask(evidence);
	}

	if (hasNoReply(evidence)) {
		return `this is not what stops ${evidence.target.client.name} now, whose capture shows no reply at all`;
	}

	const passing = findPassing(evidence, bypass);
	return passing ? describePassing(evidence, passing) : `${describeQuiet(evidence)}, but a pod on the same node as its backend will wait in vain for the Service`;
};

/** The condition holds and nothing fails from it now: why not, and when it will. */
export const judgeHarmless = (evidence: Evidence, bypass: Bypass, found: BypassedSpots): Verdict => latent(
	[`${bypass.condition} on ${nameNodes(found.spots)}`, ...found.gaps, whyHarmless(evidence, bypass, found)].join('; '),
	refsTo(...found.spots.map(({node}) => bypass.source(node))),
);
