import type {Evidence} from '../../evidence/evidence.ts';
import {isTableOfIptables, isTableOfKubeProxy} from '../../evidence/readings.ts';
import {readNodes} from './nodes.ts';
import {joinWords} from './words.ts';

/** Tables of nftables that neither iptables made nor kube-proxy, such as firewalld's: what they drop is not seen here. One sentence, or none. */
export const describeForeignTables = (evidence: Evidence): readonly string[] => {
	const foreign = readNodes(evidence, node => node.nftTables).readings.flatMap(({node, value}) => value.filter(table => !isTableOfIptables(table) && !isTableOfKubeProxy(table)).map(table => `${node.node}: table ${table}`));
	return foreign.length > 0 ? [`not read: ${joinWords(foreign)} (nftables)`] : [];
};
