import {Buffer} from 'node:buffer';
import test from 'ava';
import {toHexDigits} from '../../src/hex-address.ts';
import {createBundleRedactor} from '../../src/redact/bundle-redactor.ts';
import {learnNames} from '../../src/redact/learn-names.ts';
import {hideComments} from '../../src/redact/redact-comments.ts';
import {redactObject} from '../../src/redact/redact-object.ts';
import {createRandom} from '../helpers/random.ts';

const key = new Uint8Array(32).fill(9);
const create = (names: readonly string[] = [], ips: readonly string[] = []) => createBundleRedactor({names: names.map(name => ({kind: 'pod', name})), ips: new Set(ips), macs: new Set()}, key);
const {text, addresses: {ip}} = create();

const hex = (address: string): string => toHexDigits(address).toUpperCase();
const swapped = (address: string): string => (hex(address).match(/../gv) ?? []).toReversed().join('');

test('addresses of IPVS are replaced in hexadecimal as they are in text', t => {
	t.is(text('TCP  0A62ABB2:1F90 rr  \n  -> 0AF40013:0050      Masq    1'), `TCP  ${hex(ip('10.98.171.178'))}:1F90 rr  \n  -> ${hex(ip('10.244.0.19'))}:0050      Masq    1`);
	t.is(text('pinned 14010203 1F90 0AF40013 0050'), `pinned ${hex(ip('20.1.2.3'))} 1F90 ${hex(ip('10.244.0.19'))} 0050`);
	t.is(text('hairpin: ipvs TCP 0AF40012 A1D2 0A62ABB2 1F90'), `hairpin: ipvs TCP ${hex(ip('10.244.0.18'))} A1D2 ${hex(ip('10.98.171.178'))} 1F90`);
	const full = text('TCP  [FD00:0010:0244:0000:0000:0000:0000:0005]:1F90 rr');
	t.regex(full, /^TCP {2}\[(?:[\dA-Fa-f]{4}:){7}[\dA-Fa-f]{4}\]:1F90 rr$/v);
	t.false(full.toLowerCase().includes('0010:0244'));
});

test('routes of /proc keep their networks, and gateways are replaced the other way round', t => {
	const mapped = text('route cni0 0000F40A 00000000 0001 0 0000FFFF\nroute eth0 00000000 0100F40A 0003 0 00000000\nroute cni0 0000F40A 00000000 0001 0 00FFFFFF').split('\n');
	t.regex(mapped[0], /^route cni0 0000[\dA-F]{2}0A 00000000 0001 0 0000FFFF$/v);
	t.is(mapped[1], `route eth0 00000000 ${swapped(ip('10.244.0.1'))} 0003 0 00000000`);
	t.regex(mapped[2], /^route cni0 00[\dA-F]{4}0A 00000000 0001 0 00FFFFFF$/v);
	t.is(mapped[0].slice(15, 17), mapped[2].slice(15, 17));
	t.is(text('proc eth0\t00000000\t0100F40A\t0003\t0\t0\t0\t00000000\t0\t0'), `proc eth0\t00000000\t${swapped(ip('10.244.0.1'))}\t0003\t0\t0\t0\t00000000\t0\t0`);
});

test('what listens on an address is replaced, what listens on all stays', t => {
	t.is(text('tcp 0100007F:1F90\ntcp 00000000:0050\ntcp6 00000000000000000000000000000000:0050'), 'tcp 0100007F:1F90\ntcp 00000000:0050\ntcp6 00000000000000000000000000000000:0050');
	t.is(text('tcp 1300F40A:0050'), `tcp ${swapped(ip('10.244.0.19'))}:0050`);
	t.is(text('tcp6 0000000000000000FFFF00001300F40A:0050'), `tcp6 0000000000000000FFFF0000${swapped(ip('10.244.0.19'))}:0050`);
});

test('numbers that are no addresses stay, unless an address is known that is written so', t => {
	const numbers = '[1577:47624400] 20261127 0x00004000 6.1.176 deadbeef';
	t.is(text(numbers), numbers);
	t.is(create([], ['20.1.2.3']).text('is 14010203 here, 0x14010203'), `is ${hex(ip('20.1.2.3'))} here, 0x${hex(ip('20.1.2.3'))}`);
});

test('networks of IPv6 keep a host part of zeros, and groups that end as an address does are replaced', t => {
	t.regex(text('fd00:10:244::/64'), /^fd00:[\d:a-f]+::\/64$/v);
	t.is(text('fe80::/64'), 'fe80::/64');
	t.is(text('::ffff:10.244.0.19'), `::ffff:${ip('10.244.0.19')}`);
	t.notRegex(text('ff02::1:ff12:3456 33:33:ff:12:34:56'), /12:?3456|12:34:56/v);
	t.regex(text('ff02::1:ff12:3456'), /^ff02::1:ff[\da-f]{2}:[\da-f]{1,4}$/v);
});

test('ids, chains named after a Service, and interfaces of pods are replaced by the same form', t => {
	const uid = '0cedb640-dd12-4915-aa70-d4d11c3689a7';
	const redacted = text(`/kubepods/pod${uid}/${'ab'.repeat(32)} pod${uid.replaceAll('-', '_')} KUBE-SVC-2CMXP7HKUVJN7L6M KUBE-SEP-AAAABBBBCCCCDDDD veth1ec4db56 cali0123456789a KUBE-SOURCE-RANGES-FIREWALL`);
	t.regex(redacted, /^\/kubepods\/pod[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\/[\da-f]{64} pod[\da-f]{8}(?:_[\da-f]{4}){3}_[\da-f]{12} KUBE-SVC-[2-7A-Z]{16} KUBE-SEP-[2-7A-Z]{16} veth[\da-f]{8} cali[\da-f]{11} KUBE-SOURCE-RANGES-FIREWALL$/v);
	t.is(redacted.slice(13, 49).replaceAll('-', '_'), /(?<= pod)[\d_a-f]{36}/v.exec(redacted)?.[0] ?? '');
	t.false([uid, uid.replaceAll('-', '_'), 'ab'.repeat(32), '2CMXP7HKUVJN7L6M', '1ec4db56', '0123456789a'].some(word => redacted.includes(word)));
});

test('what stands in base64 is replaced in base64', t => {
	const {text: redact} = create(['secret-project']);
	const config = '# written by alice\nclusterCIDR: 10.244.0.0/16\nname: secret-project\n';
	const line = redact(`@@bytes 0 ${Buffer.from(config).toString('base64')}\n`);
	const said = Buffer.from(line.slice(10), 'base64').toString();
	t.regex(said, /^# HIDDEN\nclusterCIDR: 10\.\d+\.0\.0\/16\nname: pod-1\n$/v);
	t.false(said.includes('10.244.0.0'));
});

test('notes of people are hidden, those of programs stay', t => {
	t.is(hideComments('-A INPUT -m comment --comment "vpn of acme" -j ACCEPT'), '-A INPUT -m comment --comment "HIDDEN" -j ACCEPT');
	const kept = '-A X -m comment --comment "kubernetes service portals" -j Y\n-A X -m comment --comment "default/nginx:http cluster IP" -j Y\n|key: "a # b"\nno # file';
	t.is(hideComments(kept), kept);
	t.is(hideComments('|mode: ipvs # ask bob\n|# ticket 12\n/etc/sysctl.d/a.conf:# ours'), '|mode: ipvs # HIDDEN\n|# HIDDEN\n/etc/sysctl.d/a.conf:# HIDDEN');
});

test('names are learned from objects, requests, commands and evidence, and words of the evidence stay', t => {
	const point = {kind: 'node', node: 'ip-10-0-0-1.eu.acme.example'} as const;
	const names = learnNames([
		{
			world: 'found', id: 0, atMs: 0, asked: {kind: 'kubectl', path: '/api/v1/namespaces/shop/pods/cart-7d9f-x2'},
		},
		{
			world: 'found', id: 0, atMs: 1, came: {
				kind: 'kubectl', answer: {
					ok: true, value: {
						kind: 'Pod', metadata: {
							name: 'cart-7d9f-x2', namespace: 'shop', labels: {'acme.example/team': 'blue', app: 'bridge', 'pod-template-hash': '7d9f'}, ownerReferences: [{kind: 'ReplicaSet', name: 'cart-7d9f'}],
						},
						spec: {nodeName: 'worker-a', containers: [{name: 'cartd', ports: [{name: 'cart-api', containerPort: 80}]}]},
					},
				},
			},
		},
		{
			world: 'found', id: 1, atMs: 2, asked: {
				kind: 'run', point, script: 'node', args: [],
			},
		},
		{
			world: 'found', id: 1, atMs: 3, came: {
				kind: 'run', wasAborted: false, answer: {
					ok: true, command: 'ssh -T -F /home/carol/.ssh/lab -- dave@bastion.acme.example sh -s', stdout: 'kernel/hostname:box7\n-A X -m comment --comment "billing/api:web cluster IP"', stderr: '', exitCode: 0, ms: 1,
				},
			},
		},
	]);
	const learned = new Map(names.map(({kind, name}) => [name, kind]));
	t.like(Object.fromEntries(learned), {
		shop: 'namespace', 'cart-7d9f-x2': 'pod', 'acme.example/team': 'label', blue: 'label', 'cart-7d9f': 'object', cart: 'object', 'worker-a': 'node', cartd: 'container', 'cart-api': 'port',
		box7: 'node', 'ip-10-0-0-1': 'node', dave: 'user', 'bastion.acme.example': 'place', '/home/carol/.ssh/lab': 'place', billing: 'namespace', api: 'service',
	});
	const {text: redact, replaced} = createBundleRedactor({names, ips: new Set(), macs: new Set()}, key);
	const said = redact('bridge cni0 of cart-7d9f-x2 and cart on worker-a, box7, /home/carol/x, dave@bastion.acme.example');
	t.regex(said, /^bridge cni0 of pod-\d+ and object-\d+ on node-\d+, node-\d+, /v);
	t.notRegex(said.replace('/home/carol/x', ''), /carol|dave|acme|cart|worker|box7/v, said);
	t.true(replaced().kept.includes('bridge'));
});

test('a pseudonym is never the name of something else', t => {
	const {text: redact} = createBundleRedactor({names: [{kind: 'node', name: 'node-1'}, {kind: 'node', name: 'node-2'}, {kind: 'pod', name: 'web'}], ips: new Set(), macs: new Set()}, key);
	const said = redact('node-1 node-2 web');
	t.is(new Set(said.split(' ')).size, 3);
	t.notRegex(said, /\bnode-[12]\b/v);
});

test('of objects, what people write and what no check reads is left out', t => {
	const pod = {
		kind: 'Pod', metadata: {name: 'a-pod', labels: {type: 'blue'}}, spec: {containers: [{name: 'c', image: 'registry.acme.example/x', readinessProbe: {httpGet: {path: '/private'}}}], tolerations: [{key: 'acme'}]}, status: {phase: 'Running', conditions: [{type: 'Ready', status: 'True', message: 'acme'}]},
	};
	const redacted = redactObject(pod, said => said.toUpperCase());
	t.deepEqual(redacted, {
		kind: 'Pod', metadata: {name: 'A-POD', labels: {TYPE: 'BLUE'}}, spec: {containers: [{name: 'C'}]}, status: {phase: 'Running', conditions: [{type: 'Ready', status: 'True'}]},
	});
});

test('pseudonyms are the same in every form of an address, and prefixes as long', t => {
	const random = createRandom(3);
	const toWord = (address: string): number => address.split('.').reduce((word, part) => ((word << 8) | Number(part)) >>> 0, 0);
	const all = Array.from({length: 200}, () => `${random.pick([10, 172, 192, 100])}.${random.below(256)}.${random.below(4)}.${random.below(256)}`);
	for (const [index, address] of all.entries()) {
		const mapped = ip(address);
		t.is(text(`x ${address}:80`), `x ${mapped}:80`);
		t.is(text(`TCP  ${hex(address)}:0050 rr`), `TCP  ${hex(mapped)}:0050 rr`);
		t.is(text(`tcp ${swapped(address)}:0050`), `tcp ${swapped(mapped)}:0050`);
		t.is(text(`ip-${address.replaceAll('.', '-')}`), `ip-${mapped.replaceAll('.', '-')}`);
		const other = all[(index * 7) % all.length];
		t.is(Math.clz32(toWord(mapped) ^ toWord(ip(other))), Math.clz32(toWord(address) ^ toWord(other)));
	}
});
