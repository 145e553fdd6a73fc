import type {Check} from '../check.ts';
import type {Evidence, Known, NodeEvidence} from '../evidence/evidence.ts';
import {mapKnown, valueOf} from '../evidence/known.ts';
import {readBridgeSysctl} from './shared/bridge-netfilter.ts';
import {ipVersionOf} from './shared/bridges.ts';
import {type Bypass, predictBypass} from './shared/bypass.ts';
import {isCellExplained} from './shared/explain.ts';
import {judgeBypass} from './shared/judge-bypass.ts';
import {judgeNodeBypass} from './shared/judge-node-bypass.ts';
import {readNodes} from './shared/nodes.ts';
import {
	changeProxyConfig,
	editProxyConfig,
	masqueradeAllKey,
	onNodes,
} from './shared/repairs.ts';

const readMissing = (node: NodeEvidence, version: 4 | 6): Known<boolean> => {
	const sysctl = readBridgeSysctl(node, version);
	return valueOf(sysctl)?.trim() === 'absent'
		? mapKnown(node.bridgeNetfilter, ({isLoaded, isBuiltIn, file}) => !isLoaded && !isBuiltIn && file === undefined)
		: mapKnown(sysctl, () => false);
};

const bypassOf = (version: 4 | 6): Bypass => ({
	readOff: node => readMissing(node, version),
	condition: 'no br_netfilter module exists for the running kernel',
	source: ({bridgeNetfilter}) => bridgeNetfilter,
});

const install: readonly string[] = [
	'ls /lib/modules   # without a directory for $(uname -r): the kernel was upgraded, reboot',
	'dnf install kernel-modules-extra-$(uname -r) && modprobe br_netfilter   # RHEL 10 and its like; in a container or LXC node load it on the physical host',
	'# until then, a workaround that costs the backends their clients\' addresses:',
];

const commentOut = (lines: readonly string[]): readonly string[] => lines.map(line => `#   ${line}`);

/** Whether the kernel has no such module at all, so that loading it is no way out. */
export const isModuleMissing = (node: NodeEvidence): boolean => valueOf(readMissing(node, 4)) === true;

export const brNetfilterModuleMissing: Check = {
	id: 'br-netfilter-module-missing',
	place: 210,
	title: 'The kernel has br_netfilter',
	explain: 'Some distributions ship br_netfilter in a package of its own (kernel-modules-extra), and after a kernel upgrade without a reboot the running kernel\'s modules are gone. Then it cannot be loaded at all.',
	judge: evidence => judgeBypass(evidence, bypassOf(ipVersionOf(evidence)), 'every kernel that was read has the module, or has it built in'),
	explains: (cell, evidence) => isCellExplained(cell, evidence, predictBypass(evidence, bypassOf(ipVersionOf(evidence)))),
	repair(evidence) {
		const missing = readNodes(evidence, node => readMissing(node, ipVersionOf(evidence))).readings.filter(({value}) => value).map(({node}) => node);
		return [
			onNodes(missing.map(({node}) => node)),
			...install,
			...commentOut(editProxyConfig(missing, masqueradeAllKey(missing), 'true')),
		];
	},
	// It cannot be loaded where it does not exist.
	bringsAbout: other => other === 'br-netfilter-not-loaded',
	fixedBy: ['masquerade-all=true'],
	ofNode: {
		judge: node => judgeNodeBypass(node, bypassOf(4), 'the kernel has the module, or has it built in'),
		repair: node => [...install, ...commentOut(changeProxyConfig([node], masqueradeAllKey([node]), 'true'))],
	},
};
