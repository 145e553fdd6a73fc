import {readFileSync} from 'node:fs';
import test from 'ava';
import {readIptablesServices} from '../../src/datapath/iptables-services.ts';
import {readNftablesServices} from '../../src/datapath/nftables-services.ts';
import type {ServiceRule} from '../../src/datapath/service-rule.ts';

const readFixture = (name: string): string => readFileSync(new URL(`../fixtures/rules/${name}.txt`, import.meta.url), 'utf8');

const show = ({ip, port, protocol, backends, name, isLocalOnly}: ServiceRule): string =>
	`${ip} ${port}/${protocol} ${name ?? '-'} → ${backends.map(backend => `${backend.ip} ${backend.port}`).join(', ')}${isLocalOnly ? ' (local)' : ''}`;

for (const backend of ['legacy', 'nft']) {
	test(`iptables-${backend}-save: each Service leads over its chains to its endpoints, remembered clients or not`, t => {
		t.deepEqual(readIptablesServices(readFixture(`iptables-${backend}`)).map(service => show(service)).toSorted(), [
			'10.107.3.9 80/TCP shop/cart → 10.244.1.50 8080, 10.244.2.60 8080',
			'10.98.171.178 8080/TCP default/nginx → 10.244.0.19 80',
			'10.98.44.9 80/TCP shop/empty → ',
		]);
	});
}

test('nft list table: each Service leads over its chains to its endpoints, remembered clients or not', t => {
	t.deepEqual(readNftablesServices(readFixture('nftables')).map(service => show(service)).toSorted(), [
		'10.107.3.9 80/TCP shop/cart → 10.244.1.50 8080, 10.244.2.60 8080',
		'10.96.0.1 443/TCP default/kubernetes → 192.168.26.1 6443',
		'10.96.0.10 53/UDP kube-system/kube-dns → 10.244.2.4 53',
		'10.98.171.178 8080/TCP default/nginx → 10.244.0.19 80',
		'10.98.44.9 80/TCP shop/empty → ',
	]);
});

// Printed by ip6tables-legacy-save -c and nft list table ip6 kube-proxy of the same kernel.
const iptables6 = `*nat
[0:0] -A KUBE-SEP-ZOXUQ3ALMUEP6X7R -p tcp -m comment --comment "default/nginx" -m tcp -j DNAT --to-destination [fd00:10::13]:80
[0:0] -A KUBE-SERVICES -d fd00:10:96::ab2/128 -p tcp -m comment --comment "default/nginx cluster IP" -m tcp --dport 8080 -j KUBE-SVL-2CMXP7HKUVJN7L6M
[0:0] -A KUBE-SVL-2CMXP7HKUVJN7L6M -j KUBE-SEP-ZOXUQ3ALMUEP6X7R
COMMIT
`;
const nftables6 = `table ip6 kube-proxy {
	map service-ips {
		type ipv6_addr . inet_proto . inet_service : verdict
		elements = { fd00:10:96::ab2 . tcp . 8080 : goto local-V2OKYYMB-default/nginx/tcp/ }
	}

	chain local-V2OKYYMB-default/nginx/tcp/ {
		numgen random mod 1 vmap { 0 : goto endpoint-HAPBZWJ6-default/nginx/tcp/__fd00.10..13/80 }
	}

	chain endpoint-HAPBZWJ6-default/nginx/tcp/__fd00.10..13/80 {
		meta l4proto tcp dnat to [fd00:10::13]:80
	}
}
`;

test('IPv6, rule counters, and Services that use only local endpoints are understood', t => {
	const expected = ['fd00:10:96::ab2 8080/TCP default/nginx → fd00:10::13 80 (local)'];
	t.deepEqual(readIptablesServices(iptables6).map(service => show(service)), expected);
	t.deepEqual(readNftablesServices(nftables6).map(service => show(service)), expected);
});

test('the rules of Kubernetes 1.18 that only mark for masquerading are no Services', t => {
	const text = `-A KUBE-SERVICES ! -s 10.244.0.0/16 -d 10.98.171.178/32 -p tcp -m comment --comment "default/nginx: cluster IP" -m tcp --dport 8080 -j KUBE-MARK-MASQ
-A KUBE-SERVICES -d 10.98.171.178/32 -p tcp -m comment --comment "default/nginx: cluster IP" -m tcp --dport 8080 -j KUBE-SVC-2CMXP7HKUVJN7L6M
-A KUBE-SVC-2CMXP7HKUVJN7L6M -j KUBE-SEP-ZOXUQ3ALMUEP6X7R
-A KUBE-SEP-ZOXUQ3ALMUEP6X7R -p tcp -m tcp -j DNAT --to-destination 10.244.0.19:80`;
	t.deepEqual(readIptablesServices(text).map(service => show(service)), ['10.98.171.178 8080/TCP default/nginx → 10.244.0.19 80']);
});

test('chains in a circle, each named many times, end', t => {
	const chains = Array.from({length: 60}, (_, index) => index);
	const iptables = ['-A KUBE-SERVICES -d 10.0.0.1/32 -p tcp -m tcp --dport 1 -j KUBE-SVC-0', ...chains.flatMap(index => [1, 2].map(() => `-A KUBE-SVC-${index} -j KUBE-SVC-${(index + 1) % 60}`))].join('\n');
	const nftables = `\tmap service-ips {\n\t\telements = { 10.0.0.1 . tcp . 1 : goto service-0 }\n\t}\n${chains.map(index => `\tchain service-${index} {\n\t\tgoto service-${(index + 1) % 60}, goto service-${(index + 1) % 60}\n\t}\n`).join('')}`;
	t.deepEqual(readIptablesServices(iptables).map(service => show(service)), ['10.0.0.1 1/TCP - → ']);
	t.deepEqual(readNftablesServices(nftables).map(service => show(service)), ['10.0.0.1 1/TCP - → ']);
});

test('text that is no rules at all gives none', t => {
	for (const text of ['', 'failed', '-A', '-A KUBE-SERVICES -j', '\tmap service-ips {', '\tmap service-ips {\n\t\telements = { 10.0.0.1 . tcp . x : goto y }', '@@end']) {
		t.deepEqual([...readIptablesServices(text), ...readNftablesServices(text)], []);
	}
});
