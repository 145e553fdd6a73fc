import {kubectl, onEveryNode, onNode} from '../../helpers/real-cluster.ts';
import type {FaultCase} from './fault-case.ts';
import {faultCases} from './fault-table.ts';

/** A fault that is met often, how it is repaired alone, and what it is called. */
export type FrequentFault = {
	readonly check: string;
	readonly client: 'mars1' | 'mars2' | 'backend';
	readonly inject: () => Promise<void>;
	readonly heal: () => Promise<void>;
};

const made = (title: string, heal: FrequentFault['heal']): FrequentFault => {
	const given = faultCases.find((candidate): candidate is FaultCase & {cause: string} => candidate.title === title && candidate.cause !== undefined);
	if (!given) {
		throw new Error(`no fault is called "${title}"`);
	}

	const {cause, client, inject} = given;
	return {
		check: cause, client, inject, heal,
	};
};

const patchBack = (patch: string) => async (): Promise<void> => {
	await kubectl('patch', 'service', 'nginx', '--type=merge', '-p', patch);
};

const onOne = (node: number, command: string) => async (): Promise<void> => {
	await onNode(node, command);
};

/** Every other fault's making loads the module first: this one is made last. */
const notLoaded: FrequentFault = {
	check: 'br-netfilter-not-loaded',
	client: 'mars1',
	inject: async () => onEveryNode('rmmod br_netfilter 2>/dev/null || true'),
	heal: async () => onEveryNode('modprobe br_netfilter'),
};

const flushPolicy = [
	'iptables -D FORWARD -d 10.244.0.0/24 -p tcp -m tcp --dport 80 -j KUBE-POD-FW-NGINX',
	'iptables -F KUBE-POD-FW-NGINX',
	'iptables -X KUBE-POD-FW-NGINX',
].join(' && ');

const frequent: readonly FrequentFault[] = [
	made('the selector matches no pod', patchBack('{"spec":{"selector":{"app":"nginx"}}}')),
	made('targetPort is a port on which nobody listens', patchBack('{"spec":{"ports":[{"port":8080,"targetPort":80}]}}')),
	made('internalTrafficPolicy Local, no endpoint on the client\'s node', patchBack('{"spec":{"internalTrafficPolicy":"Cluster"}}')),
	made('a NetworkPolicy that is enforced by chains as kube-router keeps them', async () => {
		await onNode(1, flushPolicy);
		await kubectl('delete', 'networkpolicies', '--all', '--namespace', 'default');
	}),
	made('hairpin_mode is 0, and a pod asks itself', onOne(1, 'for port in /sys/class/net/cni0/brif/*; do echo 1 > $port/hairpin_mode; done')),
	made('kube-proxy is stopped on the client\'s node, and its rules are gone', onOne(2, 'systemctl start kube-proxy')),
	made('FORWARD drops by policy', async () => onEveryNode('iptables -P FORWARD ACCEPT')),
	made('the backend\'s node does not forward', onOne(1, 'sysctl -qw net.ipv4.ip_forward=1')),
	made('the client\'s node has no route to the backend\'s pods', onOne(2, 'ip route add 10.244.0.0/24 via 192.168.26.11')),
	notLoaded,
];

/** Every two of the ten. */
export const pairs: ReadonlyArray<readonly [FrequentFault, FrequentFault]> = frequent.flatMap((one, index) => frequent.slice(index + 1).map(other => [one, other] as const));
