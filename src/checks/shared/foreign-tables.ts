import type {Evidence} from '../../evidence/evidence.ts';
import {readNodes} from './nodes.ts';
import {joinWords} from './words.ts';

const isFollowed = (table: string): boolean => /^(?:(?:ip|ip6|arp|bridge) (?:filter|nat|mangle|raw|security)|ip6? kube-proxy|inet flannel-ipv[46]|ip6? flannel-ipv[46])$/v.test(table);

/** Tables of nftables that neither iptables made nor kube-proxy, such as firewalld's: what they drop is not seen here. One sentence, or none. */
export const describeForeignTables = (evidence: Evidence): readonly string[] => {
	const foreign = readNodes(evidence, node => node.nftTables).readings.flatMap(({node, value}) => value.filter(table => !isFollowed(table)).map(table => `${node.node}: table ${table}`));
	return foreign.length > 0 ? [`not read: ${joinWords(foreign)} (nftables)`] : [];
};
