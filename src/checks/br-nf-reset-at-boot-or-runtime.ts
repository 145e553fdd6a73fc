import type {Check, Verdict} from '../check.ts';
import type {Bridge, Evidence, NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {type BootSetting, bootBridgeNetfilter} from '../evidence/readings.ts';
import {bridgeNetfilterOf} from './shared/bridge-netfilter.ts';
import {ipVersionOf, podBridges} from './shared/bridges.ts';
import {futureBridge, podBridgesOfNode} from './shared/node-bridges.ts';
import {readNodes} from './shared/nodes.ts';
import {onNodes, persistBridgeNetfilter} from './shared/repairs.ts';
import {
	latent,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';
import {joinWords} from './shared/words.ts';

type Report = {readonly node: NodeEvidence; readonly problem: string};

const keyOf = (version: 4 | 6): string => `net.bridge.bridge-nf-call-${version === 6 ? 'ip6' : 'ip'}tables`;

const isOnNow = (node: NodeEvidence, bridges: readonly Bridge[], version: 4 | 6): boolean => bridges
	.every(bridge => valueOf(bridgeNetfilterOf(version)(node, bridge)) === 1);

/** What a reboot brings. A sysctl.d line without the module is skipped: its key does not exist yet (sysctl.d(5)). */
const describeBoot = (key: string, {moduleFile, isBuiltIn, assignment}: BootSetting): string => {
	if (moduleFile === undefined && !isBuiltIn) {
		return `no file loads br_netfilter at boot${assignment === undefined ? '' : `, so that ${assignment.file} sets a key that does not exist then`}`;
	}

	return `${assignment?.file ?? 'a file'} sets ${key} to 0 at boot`;
};

const problemOf = (node: NodeEvidence, bridges: readonly Bridge[], version: 4 | 6, boot: BootSetting): string | undefined => {
	if (!boot.isOn) {
		return describeBoot(keyOf(version), boot);
	}

	return isOnNow(node, bridges, version) ? undefined : 'the files turn it on at boot, and it is off now: they were written since, or something undid it at run time and may again';
};

const reportOf = (evidence: Evidence, node: NodeEvidence, boot: BootSetting): readonly Report[] => {
	const problem = problemOf(node, podBridges(evidence, node), ipVersionOf(evidence), boot);
	return problem === undefined ? [] : [{node, problem}];
};

const reservation = '(unless another program, such as k3s or Docker, does it)';

const describeReports = (reports: readonly Report[]): string => Map.groupBy(reports, ({problem}) => problem).entries()
	.map(([problem, same]) => `${joinWords(same.map(({node}) => node.node))}: ${problem}`)
	.toArray()
	.join('; ');

const readReports = (evidence: Evidence) => {
	const {readings, gaps} = readNodes(evidence, node => bootBridgeNetfilter(node, ipVersionOf(evidence)));
	const withBridges = readings.filter(({node}) => podBridges(evidence, node).length > 0);
	return {reports: withBridges.flatMap(({node, value}) => reportOf(evidence, node, value)), gaps, readings};
};

const judge = (evidence: Evidence): Verdict => {
	const {reports, gaps, readings} = readReports(evidence);
	if (reports.length > 0) {
		return latent(
			`${describeReports(reports)} ${reservation}`,
			refsTo(...reports.flatMap(({node}) => [node.bootModules, node.bootSysctls])),
		);
	}

	return gaps.length > 0 ? unknown(gaps.join('; ')) : ok(`the files of ${joinWords(readings.map(({node}) => node.node))} load br_netfilter and leave ${keyOf(ipVersionOf(evidence))} at 1`);
};

/** A node where nothing is bridged has no need of it. */
const judgeNode = (node: NodeEvidence): Verdict => {
	const carrying = podBridgesOfNode(node);
	const bridges = valueOf(carrying) ?? [];
	const boot = bootBridgeNetfilter(node);
	if ('unknown' in boot) {
		return unknown(boot.unknown);
	}

	if (bridges.length === 0 && futureBridge(node) === undefined) {
		return ok('no bridge is known to carry pods here');
	}

	const problem = problemOf(node, bridges, 4, boot.value);
	return problem === undefined
		? ok(`the files load br_netfilter and leave ${keyOf(4)} at 1`)
		: latent(`${problem} ${reservation}`, refsTo(node.bootModules, node.bootSysctls));
};

const persist: readonly string[] = [
	...persistBridgeNetfilter,
	'grep -rs bridge-nf-call /etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d   # whatever says 0 and sorts behind that file must go first: it would win now, too',
	'systemctl restart systemd-modules-load systemd-sysctl && sysctl net.bridge.bridge-nf-call-iptables   # only then; must read 1',
];

export const brNfResetAtBootOrRuntime: Check = {
	id: 'br-nf-reset-at-boot-or-runtime',
	place: 250,
	title: 'br_netfilter survives a reboot',
	explain: 'A module that was loaded by hand and a sysctl that was written by hand are gone after a reboot. modules-load.d has to load br_netfilter, and no file of sysctl.d that sorts later may set its switch to 0.',
	judge,
	explains: () => false,
	repair: evidence => [
		onNodes(readReports(evidence).reports.map(({node}) => node.node)),
		...persist,
	],
	fixedBy: ['br-netfilter'],
	ofNode: {judge: judgeNode, repair: () => persist},
};
