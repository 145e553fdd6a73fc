import {until} from '../../helpers/real-cluster.ts';
import {nameCases} from './nft-name-cases.ts';
import type {NftCase} from './nft-case.ts';
import {nftNode} from './nft-node.ts';
import {udpCases} from './nft-udp-cases.ts';

const {kubectl, onNode, inPod, proxy} = nftNode;

const onKernel = (command: string) => async () => onNode(command);

export const untilRules = async (what: string, script: string): Promise<void> => until(what, async () => await onNode(`${script} && echo yes || echo no`) === 'yes\n');

export const ruleset = '/usr/sbin/nft list table ip kube-proxy';

/** Writes another value of the section nftables into kube-proxy's file, and starts it anew. */
export const configure = async (key: string, value: string): Promise<void> => {
	await proxy('stop');
	await onNode(String.raw`sed -i -E 's|^( *${key}:) .*|\1 ${value}|' "${await nftNode.file('kube-proxy.yaml')}"`);
	await proxy('start');
};

export const masqueradeAll = async (): Promise<void> => {
	await configure('masqueradeAll', 'true');
	await untilRules('every connection to be masqueraded', `${ruleset} | grep -qF 'tcp dport 8080 jump mark-for-masquerade'`);
};

export const patchSlice = async (patch: object): Promise<string> => kubectl('patch', 'endpointslice', 'nginx-1', '--type=merge', '-p', JSON.stringify(patch));

export const endpoint = (ip: string, pod: string) => ({
	addresses: [ip], conditions: {ready: true, serving: true, terminating: false}, nodeName: 'nft1', targetRef: {kind: 'Pod', name: pod, namespace: 'default'},
});

/** The backend comes back with another address, as after a restart, while nobody writes the rules. */
const moveBackend = async (): Promise<void> => {
	await proxy('stop');
	await inPod('nginx', 'ip', 'addr', 'flush', 'dev', 'eth0', 'scope', 'global');
	await inPod('nginx', 'ip', 'addr', 'add', '10.244.9.22/24', 'dev', 'eth0');
	await inPod('nginx', 'ip', 'route', 'add', 'default', 'via', '10.244.9.1');
	await kubectl('patch', 'pod', 'nginx', '--subresource=status', '--type=merge', '-p', '{"status":{"podIP":"10.244.9.22","podIPs":[{"ip":"10.244.9.22"}]}}');
	await patchSlice({endpoints: [endpoint('10.244.9.22', 'nginx')]});
};

const hairpinOff = 'echo 0 >/sys/class/net/cni0/brif/vethnginx/hairpin_mode';

/** The titles are those of the other modes where the state is the same. */
export const nftCases: readonly NftCase[] = [
	{
		title: 'healthy', fault: 'decoy', inject: async () => undefined, client: 'mars1', seen: 'open', cause: undefined,
	},
	{
		title: 'bridge-nf-call-iptables is 0', fault: 'F01', inject: onKernel('sysctl -w net.bridge.bridge-nf-call-iptables=0'), client: 'mars1', seen: 'timeout', cause: 'br-nf-call-iptables-off',
	},
	{
		title: 'bridge-nf-call-iptables is 0, and the bridge\'s own knob is 1', fault: 'decoy', inject: onKernel('sysctl -w net.bridge.bridge-nf-call-iptables=0; echo 1 >/sys/class/net/cni0/bridge/nf_call_iptables'), client: 'mars1', seen: 'open', cause: undefined,
	},
	{
		title: 'masqueradeAll hides that bridge-nf-call-iptables is 0', fault: 'F06', async inject() {
			await onNode('sysctl -w net.bridge.bridge-nf-call-iptables=0');
			await masqueradeAll();
		}, client: 'mars1', seen: 'open', cause: undefined, latent: ['masquerade-all-masking', 'br-nf-call-iptables-off'],
	},
	{
		title: 'hairpin_mode is 0, and a pod asks itself', fault: 'F07', inject: onKernel(hairpinOff), client: 'nginx', seen: 'timeout', cause: 'hairpin-port-off',
	},
	{
		title: 'hairpin_mode is 0, and another pod asks', fault: 'decoy', inject: onKernel(`${hairpinOff}; echo 0 >/sys/class/net/cni0/brif/vethmars1/hairpin_mode`), client: 'mars1', seen: 'open', cause: undefined,
	},
	{
		title: 'nothing masquerades a pod that asks itself', fault: 'F08', async inject() {
			await proxy('stop');
			await onNode(String.raw`chain=$(${ruleset} | sed -n 's/^\tchain \(endpoint-.*default.nginx.*\) {/\1/p') && handle=$(/usr/sbin/nft -a list chain ip kube-proxy "$chain" | sed -n 's/.*mark-for-masquerade # handle //p') && /usr/sbin/nft delete rule ip kube-proxy "$chain" handle "$handle"`);
		}, client: 'nginx', seen: 'timeout', cause: 'hairpin-no-masquerade',
	},
	{
		title: 'the selector matches no pod', fault: 'F17', async inject() {
			await kubectl('patch', 'service', 'nginx', '--type=merge', '-p', '{"spec":{"selector":{"app":"ngnix"}}}');
			await patchSlice({endpoints: []});
		}, client: 'mars1', seen: 'refused', cause: 'no-ready-endpoints',
	},
	{
		title: 'targetPort is a port on which nobody listens', fault: 'F18', async inject() {
			await kubectl('patch', 'service', 'nginx', '--type=merge', '-p', '{"spec":{"ports":[{"port":8080,"targetPort":81}]}}');
			await patchSlice({ports: [{port: 81, protocol: 'TCP'}]});
			await untilRules('the rules to lead to port 81', `${ruleset} | grep -qF 'dnat to 10.244.9.20:81'`);
		}, client: 'mars1', seen: 'refused', cause: 'target-port-mismatch',
	},
	{
		title: 'kube-proxy is stopped on the client\'s node, and the backend got another address', fault: 'F14', inject: moveBackend, client: 'mars1', seen: 'timeout', cause: 'kube-proxy-down-or-stale',
	},
	{
		title: 'kube-proxy is stopped on the client\'s node, and its rules are gone', fault: 'F14', async inject() {
			await proxy('stop');
			await onNode('/usr/sbin/nft delete table ip kube-proxy');
		}, client: 'mars1', seen: 'timeout', cause: 'kube-proxy-down-or-stale',
	},
	{
		title: 'kube-proxy is stopped, its rules are still right', fault: 'decoy', inject: async () => proxy('stop'), client: 'mars1', seen: 'open', cause: undefined, latent: ['kube-proxy-down-or-stale'],
	},
	{
		title: 'FORWARD drops by policy', fault: 'F21', inject: onKernel('iptables -P FORWARD DROP'), client: 'mars1', seen: 'timeout', cause: 'forward-policy-drop',
	},
	{
		title: 'the backend\'s node does not forward', fault: 'F22', inject: onKernel('sysctl -w net.ipv4.ip_forward=0'), client: 'mars1', seen: 'timeout', cause: 'ip-forward-off',
	},
	{
		title: 'sessionAffinity ClientIP', fault: 'decoy', async inject() {
			await kubectl('patch', 'service', 'nginx', '--type=merge', '-p', '{"spec":{"sessionAffinity":"ClientIP"}}');
			await untilRules('the rules to remember clients', `${ruleset} | grep -qF '@affinity-'`);
		}, client: 'mars1', seen: 'open', cause: undefined,
	},
	{
		title: 'internalTrafficPolicy Local, and the only endpoint is on the client\'s node', fault: 'decoy', async inject() {
			await kubectl('patch', 'service', 'nginx', '--type=merge', '-p', '{"spec":{"internalTrafficPolicy":"Local"}}');
			await untilRules('the rules to lead to local endpoints', `${ruleset} | grep -qE '10.98.171.178 . tcp . 8080 : goto local-'`);
		}, client: 'mars1', seen: 'open', cause: undefined,
	},
	...nameCases,
	...udpCases,
];
