import {until} from '../../helpers/real-cluster.ts';
import type {NftCase} from './nft-case.ts';
import {nftNode, resolvePlainly} from './nft-node.ts';

const {onNode, dns} = nftNode;

const untilResolved = async (expected: string): Promise<void> => {
	await until(`the name server to say ${expected}`, async () => {
		const said = await resolvePlainly('mars1');
		return said.includes(expected);
	});
};

/** The name server as it knows one name alone. */
const know = async (record: string): Promise<void> => {
	await dns('stop');
	await dns('start', record);
};

const resolveBy = async (...lines: readonly string[]): Promise<void> => {
	const file = await nftNode.file('etc/resolv.conf');
	await onNode(String.raw`printf '%s\n' ${lines.map(line => `'${line}'`).join(' ')} >"${file}"`);
};

/** What becomes of the Service's name. Its address is reached in all of these. */
const whereOpen = {client: 'mars1', seen: 'open'} as const;

export const nameCases: readonly NftCase[] = [
	{
		...whereOpen, title: 'nobody answers for the cluster\'s names', fault: 'F35', async inject() {
			await onNode('iptables -I FORWARD -p udp --dport 53 -j DROP');
			await untilResolved('ETIMEOUT');
		}, cause: 'dns-not-service',
	},
	{
		...whereOpen, title: 'the name server of the cluster is gone', fault: 'F35', isThorough: true, async inject() {
			await dns('stop');
			await untilResolved('ECONNREFUSED');
		}, cause: 'dns-not-service',
	},
	{
		...whereOpen, title: 'the name server of the cluster does not know the Service', fault: 'F35', isThorough: true, async inject() {
			await know('kubernetes.default.svc.cluster.local,10.96.0.1');
			await untilResolved('ENOTFOUND');
		}, cause: 'dns-not-service',
	},
	{
		...whereOpen, title: 'the Service\'s name leads to another address', fault: 'F35', async inject() {
			await know('nginx.default.svc.cluster.local,10.96.0.1');
			await untilResolved('10.96.0.1');
		}, cause: 'dns-not-service',
	},
	{
		...whereOpen, title: 'the pod asks a name server outside of the cluster', fault: 'decoy', inject: async () => resolveBy('nameserver 192.0.2.53'), cause: undefined,
	},
	{
		...whereOpen,
		title: 'the first name server is dead, the second one answers',
		fault: 'F35',
		isThorough: true,
		inject: async () => resolveBy('nameserver 10.244.9.77', 'nameserver 10.96.0.10', 'search default.svc.cluster.local svc.cluster.local cluster.local'),
		cause: undefined,
		latent: ['dns-not-service'],
	},
];
