import {readFileSync} from 'node:fs';
import test from 'ava';
import {type Table, walkTable} from '../../src/datapath/chain.ts';
import type {HookPacket} from '../../src/datapath/rule.ts';
import type {ProxyTable} from '../../src/evidence/evidence.ts';
import {valueOf} from '../../src/evidence/known.ts';
import {parseProxyTable} from '../../src/evidence/parse-proxy-table.ts';
import {readSections} from '../../src/evidence/sections.ts';

// Listed by `nft list table ip kube-proxy`; hooks of filter as kube-proxy 1.33 makes them.
const listed = readFileSync(new URL('../fixtures/rules/nftables.txt', import.meta.url), 'utf8');

const parse = (text: string): ProxyTable | undefined => valueOf(parseProxyTable('k8s1', readSections(`@@proxy-table\n${text.split('\n').map(line => `|${line}`).join('\n')}\n@@end\n`)));

const packet: HookPacket = {
	source: '10.244.0.18', destination: '10.98.171.178', protocol: 'tcp', destinationPort: 8080, state: 'NEW', mark: 0, inInterface: 'cni0', outInterface: undefined, bridges: ['cni0'],
};

const walk = (part: Partial<HookPacket>, hook = 'PREROUTING', {table = 'nat', text = listed}: {readonly table?: Table; readonly text?: string} = {}) => {
	const ruleset = parse(text);
	return walkTable(ruleset ?? {chains: [], rules: []}, table, hook, {...packet, ...part}).map(({does, to, mark, by}) => ({
		does, to, mark, by,
	}));
};

test('a pod\'s packet is sent to the endpoint unmarked, that of somebody else marked, and the marked one masqueraded', t => {
	t.like(walk({})[0], {does: 'dnat', to: '10.244.0.19:80', mark: 0});
	t.like(walk({source: '192.168.26.11'})[0], {does: 'dnat', to: '10.244.0.19:80', mark: 0x40_00});
	t.is(walk({})[0].by, 'the rule "meta l4proto tcp dnat to 10.244.0.19:80"', 'as nft prints it');
	t.like(walk({mark: 0x40_00}, 'POSTROUTING')[0], {does: 'masquerade', mark: 0});
	t.deepEqual(walk({}, 'POSTROUTING').map(({does}) => does), ['accept']);
});

test('a machine that does not know the names of protocols says the same', t => {
	const numbered = listed.replaceAll(' . tcp . ', ' . 6 . ').replaceAll(' . udp . ', ' . 17 . ').replaceAll('l4proto tcp', 'l4proto 6').replaceAll('l4proto udp', 'l4proto 17');
	t.not(numbered, listed);
	t.deepEqual(parse(numbered)?.rules.map(({text}) => text), parse(listed)?.rules.map(({text}) => text));
});

test('an endpoint that asks itself is marked', t => {
	t.like(walk({source: '10.244.0.19'})[0], {does: 'dnat', mark: 0x40_00});
});

test('of several endpoints each can be the one, also where clients are remembered', t => {
	t.deepEqual([...new Set(walk({destination: '10.107.3.9', destinationPort: 80}).map(({to}) => to))], ['10.244.1.50:8080', '10.244.2.60:8080']);
});

test('what is no Service passes', t => {
	t.deepEqual(walk({destination: '10.244.0.19', destinationPort: 80}).map(({does}) => does), ['accept']);
	t.deepEqual(walk({destinationPort: 81}).map(({does}) => does), ['accept'], 'another port');
});

const base = '\tchain filter-forward {\n\t\ttype filter hook forward priority -110; policy accept;\n\t\tct state new jump service-endpoints-check\n\t}\n';

test('a Service without endpoints is rejected', t => {
	const text = listed.replace('\tchain nat-prerouting', () => `${base}\tchain nat-prerouting`);
	t.like(walk({destination: '10.98.44.9', destinationPort: 80}, 'FORWARD', {table: 'filter', text})[0], {does: 'reject', by: 'the rule "reject"'});
	t.deepEqual(walk({destination: '10.98.44.9', destinationPort: 80, state: 'ESTABLISHED'}, 'FORWARD', {table: 'filter', text}).map(({does}) => does), ['accept']);
});

test('several ServiceCIDRs are asked for as one set, with intervals', t => {
	const checked = (cidrs: string) => listed.replace(/\n\}\s*$/v, () => `
	chain filter-forward {
		type filter hook forward priority -110; policy accept;
		ct state new jump cluster-ips-check
	}

	chain cluster-ips-check {
		ip daddr ${cidrs} drop comment "Drop traffic to unallocated ClusterIPs"
	}
}`);
	const at = (cidrs: string, destination: string) => walk({destination}, 'FORWARD', {table: 'filter', text: checked(cidrs)}).map(({does}) => does);
	for (const cidrs of ['10.96.0.0/12', '{ 10.96.0.0/12, 10.200.0.0/16 }', '{ 10.96.0.0-10.112.255.255 }']) {
		t.deepEqual(at(cidrs, '10.98.1.1'), ['drop']);
		t.deepEqual(at(cidrs, '10.244.0.19'), ['accept']);
	}

	t.deepEqual(at('!= { 10.96.0.0-10.112.255.255 }', '10.98.1.1'), ['accept']);
});

test('what is not understood is not known, and never "no rule"', t => {
	const strange = listed.replace('jump services', 'ip dscp 0x10 jump services');
	t.deepEqual(walk({}, 'PREROUTING', {text: strange}).map(({does}) => does), ['dnat', 'accept'], 'it may match');
	const unheard = listed.replace('meta l4proto tcp dnat to 10.244.0.19:80', 'ct helper set "ftp"');
	t.true(walk({}, 'PREROUTING', {text: unheard}).some(({does}) => does === 'unknown'));
});

test('a table that was cut is unknown, and none is an empty one', t => {
	t.true('unknown' in parseProxyTable('k8s1', readSections('@@proxy-table\n|\tchain services {\ncut proxy-table\n@@end\n')));
	t.true('unknown' in parseProxyTable('k8s1', readSections('@@host\nkernel 6.1\n@@end\n')));
	t.deepEqual(parse(''), {chains: [], rules: []});
});
