import {kubectl, onNode, until} from '../../helpers/real-cluster.ts';
import {
	type FaultCase,
	loadBridgeNetfilter,
	patchBackend,
	patchService,
} from './fault-case.ts';

const policyFile = new URL('deny-all.yaml', import.meta.url).pathname;

/** A policy that lets nobody in, and what enforces it on k8s1: nothing, since the bridge plugin does not, or the chains that kube-router would keep. */
const denyAll = (...enforcing: readonly string[]) => async (): Promise<void> => {
	await loadBridgeNetfilter();
	await kubectl('apply', '-f', policyFile);
	await onNode(1, ['true', ...enforcing].join(' && '));
};

const allowAll = async (): Promise<void> => {
	await kubectl('delete', '-f', policyFile, '--ignore-not-found');
};

const enforcement = [
	'iptables -N KUBE-POD-FW-NGINX',
	'iptables -A KUBE-POD-FW-NGINX -s 192.168.26.0/24 -j ACCEPT',
	'iptables -A KUBE-POD-FW-NGINX -s 10.244.0.1/32 -j ACCEPT',
	'iptables -A KUBE-POD-FW-NGINX -j DROP',
	'iptables -I FORWARD -d 10.244.0.0/24 -p tcp -m tcp --dport 80 -j KUBE-POD-FW-NGINX',
] as const;

/** Waits for what the API says of k8s1. */
const waitForNode = async (isReady: boolean): Promise<void> => until(`k8s1 to be ${isReady ? '' : 'not '}Ready`, async () => {
	const status = await kubectl('get', 'node', 'k8s1', '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}');
	return (status.trim() === 'True') === isReady;
}, 120);

const silenceNode = async (): Promise<void> => {
	await loadBridgeNetfilter();
	await onNode(1, 'systemctl stop kubelet');
	await waitForNode(false);
};

const wakeNode = async (): Promise<void> => {
	await onNode(1, 'systemctl start kubelet');
	await waitForNode(true);
};

const server = (...address: readonly string[]) => ({name: 'nginx', command: ['httpd', '-f', '-p', address.join(':'), '-h', '/var/www']});

/** As kubelet makes pods where it knows the cluster's name server; here nobody is behind that address. */
const askedForNames = {dnsPolicy: 'None', dnsConfig: {nameservers: ['10.96.0.10'], searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local']}};

/** What the Service's object and its pods say. */
export const serviceCases: readonly FaultCase[] = [
	{
		title: 'the selector matches no pod', fault: 'F17', inject: patchService('{"spec":{"selector":{"app":"ngnix"}}}'), client: 'mars1', seen: 'refused', cause: 'no-ready-endpoints', inIptables: {},
	},
	{
		title: 'the only backend is not ready', fault: 'F17', inject: patchBackend({containers: [{name: 'nginx', readinessProbe: {httpGet: {path: '/nowhere', port: 80}}}]}), client: 'mars1', seen: 'refused', cause: 'no-ready-endpoints', inIptables: {},
	},
	{
		title: 'kubelet is stopped on the backend\'s node', fault: 'F17', inject: silenceNode, heal: wakeNode, client: 'mars2', seen: 'refused', cause: 'node-not-ready',
	},
	{
		title: 'targetPort is a port on which nobody listens', fault: 'F18', inject: patchService('{"spec":{"ports":[{"port":8080,"targetPort":81}]}}'), client: 'mars1', seen: 'refused', cause: 'target-port-mismatch', inIptables: {},
	},
	{
		title: 'the backend listens on 127.0.0.1 only', fault: 'F19', inject: patchBackend({containers: [{...server('127.0.0.1', '80'), readinessProbe: null}]}), client: 'mars1', seen: 'refused', cause: 'backend-loopback-bind', inIptables: {},
	},
	{
		title: 'a NetworkPolicy that nothing enforces', fault: 'decoy', inject: denyAll(), heal: allowAll, client: 'mars2', seen: 'open', cause: undefined, latent: ['network-policy-drop'], inIptables: {},
	},
	{
		title: 'a NetworkPolicy that is enforced by chains as kube-router keeps them', fault: 'F20', inject: denyAll(...enforcement), heal: allowAll, client: 'mars2', seen: 'timeout', cause: 'network-policy-drop', inIptables: {},
	},
	{
		title: 'internalTrafficPolicy Local, no endpoint on the client\'s node', fault: 'F33', inject: patchService('{"spec":{"internalTrafficPolicy":"Local"}}'), client: 'mars2', seen: 'refused', cause: 'traffic-policy-local-no-endpoint', inIptables: {seen: 'timeout'},
	},
	{
		title: 'internalTrafficPolicy Local, an endpoint on the client\'s node and none on another client\'s', fault: 'F33', inject: patchService('{"spec":{"internalTrafficPolicy":"Local"}}'), client: 'mars1', seen: 'open', cause: 'traffic-policy-local-no-endpoint', inIptables: {},
	},
	{
		title: 'sessionAffinity ClientIP', fault: 'decoy', inject: patchService('{"spec":{"sessionAffinity":"ClientIP"}}'), client: 'mars1', seen: 'open', cause: undefined, inIptables: {},
	},
	{
		title: 'the backend is on its node\'s own network, and br_netfilter is not loaded', fault: 'decoy', async inject() {
			await patchBackend({hostNetwork: true, containers: [server('8099')]})();
			await kubectl('patch', 'deployment', 'nginx-app', '--patch', '{"spec":{"template":{"spec":{"containers":[{"name":"nginx","readinessProbe":{"httpGet":{"port":8099}}}]}}}}');
			await kubectl('patch', 'service', 'nginx', '--type=merge', '-p', '{"spec":{"ports":[{"port":8080,"targetPort":8099}]}}');
			await kubectl('rollout', 'status', 'deployment/nginx-app', '--timeout=90s');
			await Promise.all([1, 2, 3].map(async node => onNode(node, 'rmmod br_netfilter')));
		}, client: 'mars1', seen: 'open', cause: undefined, latent: ['br-netfilter-not-loaded'], inIptables: {},
	},
	{
		title: 'nobody answers for the cluster\'s names', fault: 'F35', inject: patchBackend(askedForNames), client: 'backend', seen: 'open', cause: 'dns-not-service', inIptables: {},
	},
];
