import {readFileSync} from 'node:fs';
import test from 'ava';
import {withMasqueradeAll} from '../../src/changes/recipes/marking-rules.ts';
import {natRule} from '../../src/changes/recipes/shared.ts';
import {valueOf} from '../../src/evidence/known.ts';
import {parseProxyTable} from '../../src/evidence/parse-proxy-table.ts';
import {masqueradesAll} from '../../src/evidence/proxy-readings.ts';
import {readSections} from '../../src/evidence/sections.ts';
import type {IptablesRule, NodeEvidence} from '../../src/evidence/evidence.ts';
import {buildEvidence, read} from '../helpers/evidence-builder.ts';

const listed = readFileSync(new URL('../fixtures/rules/nftables.txt', import.meta.url), 'utf8');

const nodeWith = (more: Partial<NodeEvidence>): NodeEvidence => buildEvidence({node: {mode: 'iptables', more}}).nodes.get('k8s1')!;

const inNftables = (text: string): NodeEvidence => {
	const proxyTable = parseProxyTable('k8s1', readSections(`@@proxy-table\n${text.split('\n').map(line => `|${line}`).join('\n')}\n@@end\n`));
	return nodeWith({
		proxyTable, nftTables: read(['ip kube-proxy']), proxyMode: read('nftables'), iptables: read([]),
	});
};

const rulesOf = ({proxyTable}: NodeEvidence): readonly IptablesRule[] => valueOf(proxyTable)?.rules ?? [];

const marking = (rules: readonly IptablesRule[], chain: string): readonly string[] => rules.filter(rule => rule.table === 'nat' && rule.chain.startsWith(chain) && rule.text.endsWith('-j mark-for-masquerade')).map(({text}) => text);

test('nftables mode: masqueradeAll asks for the ClusterIP alone, and without it for those from outside, also where the chain is that of local endpoints', t => {
	const local = listed.replaceAll('service-V2OKYYMB-', 'local-V2OKYYMB-');
	for (const [text, chain] of [[listed, 'service-V2OKYYMB-'], [local, 'local-V2OKYYMB-']] as const) {
		const node = inNftables(text);
		t.false(valueOf(masqueradesAll(node)));
		t.deepEqual(marking(withMasqueradeAll(rulesOf(node), node, true), chain), [`-A ${chain}default/nginx/tcp/ -d 10.98.171.178 -p tcp --dport 8080 -j mark-for-masquerade`]);
		t.deepEqual(marking(withMasqueradeAll(rulesOf(node), node, false), chain), [`-A ${chain}default/nginx/tcp/ ! -s 10.244.0.0/16 -d 10.98.171.178 -p tcp --dport 8080 -j mark-for-masquerade`]);
	}
});

test('nftables mode: that masqueradeAll acts is seen where the only chain is that of local endpoints', t => {
	const chain = 'local-V2OKYYMB-default/nginx/tcp/';
	const rules = [natRule(chain, '-d 10.98.171.178 -p tcp --dport 8080 -j mark-for-masquerade')];
	t.true(valueOf(masqueradesAll({...inNftables(listed), proxyTable: read({chains: [], rules})})));
});

test('of two clusterCIDRs it is that of the rules\' own family which is not masqueraded', t => {
	const node = nodeWith({kubeProxyConfigz: read({'kubeproxy.config.k8s.io': {Mode: 'iptables', Linux: {MasqueradeAll: true}, DetectLocal: {ClusterCIDRs: ['10.244.0.0/16', 'fd00:10:244::/56']}}})});
	const asked = (address: string): readonly string[] => withMasqueradeAll([natRule('KUBE-SERVICES', `-d ${address} -p tcp -m comment --comment "default/nginx cluster IP" -m tcp --dport 8080 -j KUBE-SVC-NGINX`)], node, false)
		.filter(({text}) => text.endsWith('-j KUBE-MARK-MASQ')).map(({text}) => text.split(' ').slice(2, 5).join(' '));
	t.deepEqual(asked('10.98.171.178/32'), ['! -s 10.244.0.0/16']);
	t.deepEqual(asked('fd00:10:96::b2/128'), ['! -s fd00:10:244::/56']);
});
