import type {Check, EvidenceRef} from '../check.ts';
import type {Node} from '../cluster/cluster.ts';
import type {NodeEvidence} from '../evidence/evidence.ts';
import type {NodeFinding, NodeReport} from './fleet.ts';
import {readSettings} from './settings.ts';

const maxExcerpt = 200;

const shorten = (ref: EvidenceRef): EvidenceRef => (ref.kind === 'value'
	? {...ref, origin: {...ref.origin, excerpt: ref.origin.excerpt.slice(0, maxExcerpt)}}
	: ref);

const findingOf = ({id, title, ofNode}: Check, node: NodeEvidence): readonly NodeFinding[] => {
	const verdict = ofNode?.judge(node);
	if (ofNode === undefined || verdict === undefined || verdict.status === 'ok') {
		return [];
	}

	const isHarm = verdict.status !== 'unknown';
	return [{
		id,
		title,
		status: verdict.status,
		because: isHarm ? verdict.because : verdict.because.replaceAll(` on ${node.node}`, ''),
		evidence: isHarm ? verdict.evidence.map(ref => shorten(ref)) : [],
		repair: isHarm ? ofNode.repair(node) : [],
	}];
};

/** What is reported of one node: its settings, and what they would break. */
export const judgeNode = (checks: readonly Check[], evidence: NodeEvidence, node: Node, way: string): NodeReport => ({
	node: node.name,
	ip: node.internalIp,
	way,
	settings: readSettings(evidence, node),
	findings: checks.flatMap(check => findingOf(check, evidence)),
});
