import test from 'ava';
import {createAddressMap} from '../../src/redact/address-map.ts';
import {judgeAgain, listNames} from '../../src/redact/redact-incident.ts';
import {createRedactor, mapStrings} from '../../src/redact/redactor.ts';
import {initialState} from '../../src/session-state.ts';
import {createRandom} from '../helpers/random.ts';
import {readRecording} from '../helpers/session-recording.ts';

const key = new Uint8Array(32).fill(7);
const founding = readRecording('founding').at(-1)?.state ?? initialState;

const toWord = (ip: string): number => ip.split('.').reduce((word, part) => ((word << 8) | Number(part)) >>> 0, 0);

const sharedBits = (one: string, two: string): number => Math.clz32(toWord(one) ^ toWord(two));

test('two addresses share as long a prefix after as before, and none is its own pseudonym', t => {
	const {ip} = createAddressMap(key);
	const {below} = createRandom(1);
	const addresses = Array.from({length: 300}, () => `10.${below(4)}.${below(8)}.${below(256)}`);
	const originals = new Set(addresses);
	for (const [index, address] of addresses.entries()) {
		const other = addresses[(index * 7) % addresses.length];
		t.is(sharedBits(ip(address), ip(other)), sharedBits(address, other));
		t.not(ip(address), address);
		t.true(ip(address).startsWith('10.'));
	}

	t.is(new Set(addresses.map(address => ip(address))).size, originals.size);
});

test('addresses that are the same everywhere stay, and another key gives other pseudonyms', t => {
	const {ip, mac} = createAddressMap(key);
	const same = ['127.0.0.1', '0.0.0.0', '255.255.255.255', '169.254.20.10', '224.0.0.1', '::', '::1', 'ff02::1', 'no address'];
	t.deepEqual(same.map(text => ip(text)), same);
	t.regex(ip('fe80::42:acff:fe11:2'), /^fe80::[\d:a-f]+$/v);
	t.not(ip('fe80::42:acff:fe11:2'), 'fe80::42:acff:fe11:2');
	t.regex(ip('fd00:10:244::5'), /^fd00:/v);
	t.not(ip('10.1.2.3'), createAddressMap(new Uint8Array(32)).ip('10.1.2.3'));
	t.is(mac('FF:ff:ff:ff:ff:ff'), 'FF:ff:ff:ff:ff:ff');
	t.regex(mac('0a:58:0a:f4:00:12'), /^02(?::[\da-f]{2}){5}$/v);
});

test('text keeps its form: ports, networks, dashes, brackets and what only looks like an address', t => {
	const {text} = createRedactor([], key);
	const {ip} = createAddressMap(key);
	t.is(text('from 10.244.0.19:80, then'), `from ${ip('10.244.0.19')}:80, then`);
	t.is(text('[fd00::5]:8080 and fd00::5: x'), `[${ip('fd00::5')}]:8080 and ${ip('fd00::5')}: x`);
	t.regex(text('10.244.0.0/16'), /^10\.\d+\.0\.0\/16$/v);
	t.regex(text('10.244.0.0/24'), /^10\.\d+\.\d+\.0\/24$/v);
	t.is(text('10.244.0.0/16').split('.', 2)[1], text('10.244.3.0/24').split('.', 2)[1]);
	t.is(text('ip-10-244-0-19'), `ip-${ip('10.244.0.19').replaceAll('.', '-')}`);
	const untouched = '12:34:56.789 v1.33.3 6.1.176 containerd://1.6.20 std::cout 2026-11-24 1.2.3.4.5 0-1-2';
	t.is(text(untouched), untouched);
});

test('secrets are hidden, whatever they are in', t => {
	const {text, replaced} = createRedactor([], key);
	const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';
	const hidden = text(`Authorization: Bearer abcdef123456\npassword=hunter22 token: "t0psecret"\n${jwt}\nhttps://user:pa55@example.org/x\n-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----`);
	t.deepEqual(['abcdef123456', 'hunter22', 't0psecret', jwt, 'pa55', 'MIIabc'].filter(secret => hidden.includes(secret)), []);
	t.true(replaced().counts.secrets >= 6);
});

test('a name is replaced where it stands as a word, the longer one first, the same for the same', t => {
	const {text} = createRedactor([{kind: 'service', name: 'nginx'}, {kind: 'pod', name: 'nginx-app'}, {kind: 'namespace', name: 'default'}], key);
	t.is(text('default/nginx-app and svc/nginx, nginxes stay; nginx-app'), 'default/pod-1 and svc/svc-1, nginxes stay; pod-1');
});

test('the redacted founding incident has the same cause, and none of its names and addresses', t => {
	const redactor = createRedactor(listNames(founding), key);
	const redacted = judgeAgain(mapStrings(founding, redactor.text) as typeof founding);
	t.is(redacted.diagnosis?.cause?.check.id, 'br-netfilter-not-loaded');
	t.like(redacted.diagnosis?.cause?.verdict, {status: 'broken', confidence: 'certain'});
	t.deepEqual(redacted.diagnosis?.findings.map(({verdict}) => verdict.status), founding.diagnosis?.findings.map(({verdict}) => verdict.status));
	const flat = JSON.stringify({...redacted, diagnosis: redacted.diagnosis?.sentence, findings: redacted.findings.map(({verdict}) => verdict)}, (_key, value: unknown) => (value instanceof Map ? [...value] : value));
	t.is(flat.match(/\b(?:mars\d|nginx|k8s\d|veth[\da-f]{6}|10\.244\.\d|10\.98\.171|192\.168\.26)[\w\-.]*/gv), null);
	t.true(redactor.replaced().counts.addresses > 5);
	t.deepEqual(redactor.replaced().kept, ['default']);
});
