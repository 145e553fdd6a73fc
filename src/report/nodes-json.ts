import type {Fleet, NodeReport} from '../fleet/fleet.ts';
import {settingNames} from '../fleet/setting-words.ts';
import type {FleetSummary} from '../fleet/summarize-fleet.ts';

const describeNode = ({node, ip, way, settings}: NodeReport) => ({
	node,
	ip,
	way,
	settings: Object.fromEntries(settingNames.map(name => {
		const reading = settings[name];
		return [name, 'unknown' in reading ? null : reading.value];
	})),
	unknown: settingNames.flatMap(name => {
		const reading = settings[name];
		return 'unknown' in reading ? [{setting: name, because: reading.unknown}] : [];
	}),
});

/** The report on some nodes as `hairpin/nodes/v1` (see nodes-v1.schema.json beside this file). */
export const formatNodesJson = ({reports, unread, notes, isWhole}: Fleet, {conclusion, sentence, findings, differences}: FleetSummary, exitCode: number): string => `${JSON.stringify({
	schema: 'hairpin/nodes/v1',
	nodes: reports.map(report => describeNode(report)),
	unreachable: unread,
	whole: isWhole,
	notes,
	differences,
	findings: findings.map(({id, title, status, because, nodes, evidence, repair}) => ({
		id, title, status, confidence: status === 'broken' ? 'likely' : null, because, nodes, evidence, changes: repair,
	})),
	conclusion,
	verdict: sentence,
	exitCode,
}, null, '\t')}\n`;
