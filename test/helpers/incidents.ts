import {
	kubectl,
	onEveryNode,
	onNode,
	until,
} from './real-cluster.ts';

/** A state that the cluster can be brought to, and the pod to ask from. */
export type Incident = {readonly inject: () => Promise<void>; readonly from: string};

const loadBridgeNetfilter = async () => onEveryNode('modprobe br_netfilter');

const untilProgrammed = async (pattern: RegExp): Promise<void> => until(`IPVS to show ${pattern.source}`, async () => {
	const tables = await Promise.all([1, 2, 3].map(async node => onNode(node, 'ipvsadm -Ln -t 10.98.171.178:8080 2>/dev/null || true')));
	return tables.every(table => pattern.test(table));
});

/** Incidents that are made on the cluster, all of them about svc/nginx. */
export const incidents = {
	founding: {from: 'pod/mars1', inject: async () => undefined},
	'hairpin-port': {
		from: 'deploy/nginx-app',
		async inject() {
			await loadBridgeNetfilter();
			await onNode(1, 'for port in /sys/class/net/cni0/brif/*; do echo 0 > $port/hairpin_mode; done');
		},
	},
	'target-port': {
		from: 'pod/mars1',
		async inject() {
			await loadBridgeNetfilter();
			await kubectl('patch', 'service', 'nginx', '--type=json', '-p', '[{"op":"replace","path":"/spec/ports/0/targetPort","value":81}]');
			await untilProgrammed(/-> 10\.244\.0\.\d+:81 /v);
		},
	},
	'forward-drop': {
		from: 'pod/mars2',
		async inject() {
			await loadBridgeNetfilter();
			await onEveryNode('iptables -P FORWARD DROP');
		},
	},
	'two-backends': {
		from: 'pod/mars1',
		async inject() {
			await kubectl('apply', '-f', new URL('../cluster/workload/second-backend.yaml', import.meta.url).pathname);
			await kubectl('wait', '--for=condition=Ready', 'pod', '-l', 'app=nginx', '--timeout=90s');
			await untilProgrammed(/-> 10\.244\.1\.\d+:80 /v);
		},
	},
} as const satisfies Readonly<Record<string, Incident>>;
