import process from 'node:process';
import {until} from '../../helpers/real-cluster.ts';
import type {NftCase} from './nft-case.ts';
import {nftNode} from './nft-node.ts';

const {onNode, background, proxy} = nftNode;

const sourcePort = 5353;

// A question for a name every 50 ms, always from the same port, as a DNS forwarder sends it.
const forwarder = `
	const socket = require('node:dgram').createSocket('udp4');
	const question = Buffer.from('485001000001000000000000056e67696e780764656661756c7403737663' + '07636c7573746572056c6f63616c0000010001', 'hex');
	socket.bind(${sourcePort}, () => setInterval(() => socket.send(question, 53, '10.96.0.10', () => {}), 50));
	socket.on('error', () => {});
`;

const nft = '/usr/sbin/nft';

/** Rules that come only after a program has begun to send, while no kube-proxy is there to clean up. */
const beginBeforeRules = async (): Promise<void> => {
	const kept = await nftNode.file('kept.nft');
	await proxy('stop');
	await onNode(`${nft} list table ip kube-proxy >"${kept}" && ${nft} flush chain ip kube-proxy services && ${nft} flush chain ip kube-proxy cluster-ips-check`);
	await background('mars1', process.execPath, '-e', forwarder);
	await until('conntrack to hold the program', async () => await onNode(`grep -c "sport=${sourcePort} dport=53 .UNREPLIED. src=10.96.0.10 " /proc/net/nf_conntrack || true`) === '1\n');
	await onNode(`${nft} delete table ip kube-proxy && ${nft} -f "${kept}"`);
};

const ofUdp = {client: 'mars1', service: 'kube-dns'} as const;

/** The Service of UDP. */
export const udpCases: readonly NftCase[] = [
	{
		...ofUdp, title: 'UDP: healthy', fault: 'decoy', inject: async () => undefined, seen: 'open', cause: undefined,
	},
	{
		...ofUdp, title: 'UDP: bridge-nf-call-iptables is 0', fault: 'F01', inject: async () => onNode('sysctl -w net.bridge.bridge-nf-call-iptables=0'), seen: 'timeout', cause: 'br-nf-call-iptables-off',
	},
	{
		...ofUdp, title: 'UDP: a program began to send before the rules were there', fault: 'F26', inject: beginBeforeRules, seen: 'open', cause: 'stale-udp-conntrack',
	},
];
