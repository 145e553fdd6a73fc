import type {NodeEvidence} from '../../evidence/evidence.ts';
import {mapKnown, valueOf} from '../../evidence/known.ts';
import type {Recipe} from '../change.ts';
import {
	emptyPlan,
	nameLastFile,
	planNodes,
	sysctlOf,
	withSysctls,
} from './shared.ts';

const forwardKey = 'net/ipv4/ip_forward';

const bootFile = (node: NodeEvidence, name: string, line: string) => ({
	kind: 'file' as const,
	path: nameLastFile('/etc/sysctl.d', name, (valueOf(node.bootSysctls) ?? []).map(({file}) => file)),
	content: `# Written by hairpin.\n${line}\n`,
});

/** Whether a node passes packets on at all. */
export const ipForward: Recipe = {
	name: 'ip-forward',
	values: ['on'],
	title: () => 'Turn net.ipv4.ip_forward on and keep it after a reboot',
	why: 'A node passes packets between its pods and the rest of the cluster only with net.ipv4.ip_forward.',
	price: () => ['the node forwards whatever reaches it, unless a firewall says otherwise'],
	cuts: 'no connection',
	plan: ({nodes}) => ({
		...emptyPlan,
		nodes: planNodes(nodes, node => [bootFile(node, 'hairpin-forward.conf', 'net.ipv4.ip_forward = 1'), {kind: 'sysctl', key: forwardKey, value: '1'}]),
	}),
	isInForce: node => mapKnown(sysctlOf(node, forwardKey), value => value === '1'),
	assume: node => withSysctls(node, {[forwardKey]: '1'}),
};

const maxKey = 'net/netfilter/nf_conntrack_max';

/** Room in the table of connections. */
export const conntrackMax: Recipe = {
	name: 'conntrack-max',
	values: ['NUMBER'],
	accepts: value => /^[1-9]\d{3,8}$/v.test(value),
	title: value => `Allow ${value} tracked connections`,
	why: 'Once the conntrack table is full, new connections are dropped at random.',
	price: value => [`up to ${Math.ceil((Number(value) * 400) / 1_000_000)} MB of kernel memory`, 'kube-proxy sets its own value when it starts, if its conntrack.maxPerCore is not 0: change that, too'],
	cuts: 'no connection',
	plan: ({nodes}, value) => ({...emptyPlan, nodes: planNodes(nodes, () => [{kind: 'sysctl', key: maxKey, value}])}),
	isInForce: (node, value) => mapKnown(node.conntrack, ({max}) => String(max) === value),
	assume: (node, value) => ({...node, conntrack: mapKnown(node.conntrack, conntrack => ({...conntrack, max: Number(value)}))}),
};
