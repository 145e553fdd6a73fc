import {Buffer} from 'node:buffer';
import test from 'ava';
import {repairOf} from '../../src/check-command.ts';
import {type CheckOptions, parseOptions} from '../../src/options.ts';
import {createBundleRedactor} from '../../src/redact/bundle-redactor.ts';
import {namesInText, namesOfAnswer} from '../../src/redact/learn-names.ts';
import {redactObject} from '../../src/redact/redact-object.ts';
import {redactIncident} from '../../src/redact-report.ts';
import {stampIncident} from '../../src/report-files.ts';
import {readRecording} from '../helpers/session-recording.ts';

const key = new Uint8Array(32).fill(5);
const mac = '0a:58:0a:f4:00:13';
const {text, addresses} = createBundleRedactor({names: ['mars1', 'nginx-app', 'shop'].map(name => ({kind: 'pod', name})), ips: new Set(['10.244.0.19', 'fd00:10:244::5']), macs: new Set([mac])}, key);

const nibbles = [...'fd000010024400000000000000000005'].toReversed().join('.');

/** How an original may be written, and what must not be in it afterwards. */
const forms: ReadonlyArray<readonly [says: string, gone: RegExp]> = [
	['labelSelector=app%3Dnginx-app%2Cshop', /nginx|shop/v],
	[String.raw`{"says":"first\nmars1\tnginx-app"}`, /mars|nginx/v],
	[String.raw`a\nfd00:10:244::5`, /10:244/v],
	['q=x%20fd00:10:244::5 y=%2010.244.0.19', /244/v],
	['19.0.244.10.in-addr.arpa and 244.10.in-addr.arpa', /244|\b19\./v],
	[`${nibbles}.ip6.arpa`, /4\.4\.2\.0/v],
	['IP 10.244.0.19.41234 > 10.98.171.178.8080: Flags [S]', /244|171/v],
	['pod 10_244_0_19 and 10-244-0-19.default.pod', /244/v],
	['fd00-10-244--5.default.pod', /244/v],
	['match 0xaf40013/0xffffffff', /af40013/v],
	['inet6 fd000010024400000000000000000005 02 40 00 80 eth0', /00100244/v],
	['machine 0123456789abcdef0123456789abcdef', /89abcdef/v],
	['bridge_id 8000.a:58:a:f4:0:13 8000.0a580af40013 enx0a580af40013 0a-58-0a-f4-00-13 0A58.0AF4.0013', /f4/iv],
	[`x ${Buffer.from('mars1 it is').toString('base64')}`, /bWFyczEgaXQgaXM/v],
	['--token-auth abc123def456ghi kubeadm join --token abcdef.0123456789abcdef', /0123456789abcdef/v],
	['key AKIAIOSFODNN7EXAMPLE', /IOSFODNN7/v],
];

for (const [says, gone] of forms) {
	test(`what is written as ${says.slice(0, 60)} does not survive`, t => {
		t.regex(says, gone);
		t.notRegex(text(says), gone);
	});
}

test('pseudonyms are the same in every form', t => {
	const ip = addresses.ip('10.244.0.19');
	t.is(text('19.0.244.10.in-addr.arpa'), `${ip.split('.').toReversed().join('.')}.in-addr.arpa`);
	t.is(text('%2010.244.0.19'), `%20${ip}`);
	t.is(text('IP 10.244.0.19.80 > x'), `IP ${ip}.80 > x`);
	t.is(text('10_244_0_19'), ip.replaceAll('.', '_'));
	const plain = addresses.mac(mac).replaceAll(':', '');
	t.is(text('enx0a580af40013'), `enx${plain}`);
	t.is(text('1.2.3.4.5 0-1-2 v1_2_3'), '1.2.3.4.5 0-1-2 v1_2_3');
});

const inBase64 = (said: string | Buffer): string => Buffer.from(said as string).toString('base64');
const fromBase64 = (word: string): string => Buffer.from(word, 'base64').toString('latin1');

test('what stands in base64 is found in another encoding, beside a stray character, twice wrapped and without padding', t => {
	const said = 'name: mars1\nip: 10.244.0.19\n';
	const latin = fromBase64(text(inBase64(Buffer.from(`# gr\u{FC}n\n${said}`, 'latin1'))));
	t.regex(latin, /^# HIDDEN\nname: pod-1\nip: 10\./v);
	t.regex(fromBase64(text(inBase64(`\u{1B}[1m\n${said}`))), /\[1m\nname: pod-1\nip: 10\.(?!244)/v);
	t.regex(fromBase64(fromBase64(text(inBase64(inBase64(said))))), /^name: pod-1\nip: 10\.(?!244)/v);
	const bare = text(inBase64('mars1 is it').replaceAll('=', ''));
	t.deepEqual([fromBase64(bare), bare.includes('=')], ['pod-1 is it', false]);
	const binary = inBase64(Buffer.from(Uint8Array.from({length: 96}, (_, index) => (index * 151) & 0xFF)));
	t.is(text(binary), binary);
});

test('conditions of controllers, containers of every kind and their resources do not keep a name', t => {
	const pod = {
		kind: 'Pod',
		apiVersion: 'v1',
		metadata: {name: 'cart', namespace: 'shop'},
		spec: {
			nominatedNodeName: 'box-9',
			ephemeralContainers: [{name: 'acme-debugger', resources: {limits: {'acme.example/gpu': '1'}}}],
			containers: [{name: 'cartd', resources: {limits: {'acme.example/gpu': '1'}}}],
		},
		status: {phase: 'Running', conditions: [{type: 'target-health.example/k8s-shop-cart-0a1b', status: 'True', reason: 'shop/cart'}], initContainerStatuses: [{name: 'acme-init'}]},
	};
	const names = namesOfAnswer(pod);
	const redact = createBundleRedactor({names, ips: new Set(), macs: new Set()}, key).text;
	const said = JSON.stringify(redactObject(pod, redact));
	t.notRegex(said, /acme|shop|cart|box-9/v);
	t.regex(said, /"kind":"Pod","apiVersion":"v1".*"phase":"Running".*"status":"True"/v);
});

const named: ReadonlyArray<readonly [text: string, name: string]> = [
	['Unable to connect to the server: dial tcp: lookup api.acme.example on 10.0.0.2:53: no such host', 'api.acme.example'],
	['Get "https://api.acme.example:6443/api/v1/nodes": x509: certificate signed by unknown authority', 'api.acme.example'],
	['alice@bastion: Permission denied (publickey).', 'alice'],
	['ssh: Could not resolve hostname bastion.acme.example: Name or service not known', 'bastion.acme.example'],
	['|--provider-id=aws:///eu-west-1a/i-0123456789', 'aws:///eu-west-1a/i-0123456789'],
	['|--node-labels=acme.example/team=blue,tier=web', 'blue'],
	['|--node-labels=acme.example/team=blue,tier=web', 'acme.example/team'],
	['[0:0] -A ACME-VPN -s 10.0.0.0/8 -j ACCEPT', 'ACME-VPN'],
	['[0:0] -A INPUT -m set --match-set acme-office src -j ACCEPT', 'acme-office'],
	['table inet acme_fw', 'acme_fw'],
];

for (const [says, name] of named) {
	test(`${name} is learned from: ${says.slice(0, 60)}`, t => {
		t.true(namesInText(says).some(learned => learned.name === name));
	});
}

test('what only looks like a name is not learned as one', t => {
	const usual = [
		'2: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450',
		'[0:0] -A KUBE-SERVICES -j RETURN',
		'[0:0] -A INPUT -j ACCEPT',
		'[0:0] -A INPUT -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT',
		'table ip nat',
		'table ip6 filter',
		'unix:///run/containerd/containerd.sock',
		'https://10.0.0.1:6443/api',
		'containerd://1.6.20',
	];
	t.deepEqual(usual.flatMap(says => namesInText(says)), []);
});

test('a report alone has no hexadecimal address, no chain named after a Service and no name of somebody else\'s', t => {
	const {state} = readRecording('founding').at(-1)!;
	const told: string[] = [];
	const options = parseOptions(['check', 'svc/nginx', '--ssh', 'k8s1=carol@bastion.acme.example', '--kubeconfig', '/home/dave/.kube/config']) as CheckOptions;
	const excerpt = 'TCP  0A62ABB2:1F90 rr\n[0:0] -A KUBE-SVC-2CMXP7HKUVJN7L6M -m comment --comment "vpn of acme" -j X\n-m comment --comment "billing/api:web cluster IP"\npod0cedb640-dd12-4915-aa70-d4d11c3689a7 /home/erin/x';
	const redacted = redactIncident(stampIncident({
		state: {...state, unreachable: new Map([['k8s9', {because: excerpt, tryThis: 'ask carol or dave', isForbidden: false}]])}, exitCode: 1, repairOf: repairOf(state), timeline: [{atMs: 1, text: excerpt}], change: undefined,
	}), {
		options, repairOf, warn(line) {
			told.push(line);
		},
	});
	const said = JSON.stringify([redacted.timeline, [...redacted.state.unreachable]]);
	t.notRegex(said, /0A62ABB2|2CMXP7HKUVJN7L6M|0cedb640|billing|erin|carol|dave|acme/v);
	t.is(redacted.state.diagnosis?.cause?.check.id, 'br-netfilter-not-loaded');
	t.is(told.length, 1);
});
