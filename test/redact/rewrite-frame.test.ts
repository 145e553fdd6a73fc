import test from 'ava';
import {decodeFrame, decodeInner} from '../../src/packets/decode.ts';
import {createFrame} from '../../src/packets/frame.ts';
import {type PacketRecord, createPacketRecord} from '../../src/packets/packet-record.ts';
import {createAddressMap} from '../../src/redact/address-map.ts';
import {findLeak} from '../../src/redact/find-leak.ts';
import {listAddresses} from '../../src/redact/list-originals.ts';
import {createCaptureRewriter} from '../../src/redact/rewrite-capture.ts';
import {checksum, createByteMap} from '../../src/redact/rewrite-bytes.ts';
import {createFrameRewriter} from '../../src/redact/rewrite-frame.ts';
import {writePcap} from '../helpers/capture-writer.ts';
import {generateFrame, linkTypes} from '../helpers/generate-frame.ts';
import {hex, ipv4, tcp} from '../helpers/packet-builder.ts';
import {createRandom} from '../helpers/random.ts';

const addresses = createAddressMap(new Uint8Array(32).fill(5));
const rewrite = createFrameRewriter(createByteMap(addresses));

const rewriteBytes = (bytes: Uint8Array, linkType: number): Uint8Array => {
	const copy = Uint8Array.from(bytes);
	rewrite({
		...createFrame(), bytes: copy, capturedLength: copy.length, wireLength: copy.length, linkType, number: 1,
	});
	return copy;
};

const decode = (bytes: Uint8Array, linkType: number): readonly PacketRecord[] => {
	const record = createPacketRecord();
	decodeFrame({
		...createFrame(), bytes, capturedLength: bytes.length, wireLength: bytes.length, linkType, number: 1,
	}, record);
	const records = [{...record}];
	while (record.innerKind > 0 && records.length < 10) {
		decodeInner(bytes, record);
		records.push({...record});
	}

	return records;
};

/** What pairs packets and tells connections apart. */
const kept = ['etherType', 'vlanCount', 'version', 'ttl', 'identification', 'isFragment', 'fragmentOffset', 'protocol', 'transport', 'sourcePort', 'destinationPort', 'sequence', 'acknowledgement', 'flags', 'icmpType', 'icmpCode', 'arpOperation', 'innerKind'] as const;

const keptOf = (records: readonly PacketRecord[]): unknown => records.map(record => kept.map(field => record[field]));

test('frames of every link type keep what pairs them, and lose every address', t => {
	const random = createRandom(11);
	let count = 0;
	for (const linkType of linkTypes) {
		for (let round = 0; round < 60; round++) {
			const original = generateFrame(random, linkType);
			const rewritten = rewriteBytes(original, linkType);
			t.is(rewritten.length, original.length);
			const [before, after] = [decode(original, linkType), decode(rewritten, linkType)];
			t.deepEqual(keptOf(after), keptOf(before), `${linkType} ${round}`);
			const capture = writePcap([{bytes: original, seconds: 1, nanoseconds: 0}], {linkType});
			const {ips, macs} = listAddresses({texts: [], captures: [capture]});
			const originals = {names: [], ips: new Set([...ips].filter(ip => addresses.ip(ip) !== ip)), macs: new Set([...macs].filter(mac => addresses.mac(mac) !== mac))};
			count += originals.ips.size;
			const hidden = createCaptureRewriter(addresses, bytes => new Uint8Array(Math.max(32, bytes.length)))(capture);
			t.is(findLeak({texts: [], captures: [hidden]}, originals), undefined, `${linkType} ${round}`);
		}
	}

	t.true(count > 500);
});

test('bytes that are cut off or damaged anywhere are rewritten without a crash, and no longer', t => {
	const random = createRandom(12);
	t.notThrows(() => {
		for (const linkType of linkTypes) {
			for (let round = 0; round < 200; round++) {
				const original = generateFrame(random, linkType);
				const damaged = Uint8Array.from(random.chance(0.5) ? original.subarray(0, random.below(original.length + 1)) : original);
				if (damaged.length > 0) {
					damaged[random.below(damaged.length)] = random.below(256);
				}

				if (rewriteBytes(damaged, linkType).length !== damaged.length) {
					throw new Error('another length');
				}
			}
		}
	});
});

const ethernet = [...hex('02 00 00 00 00 01  02 00 00 00 00 02  08 00')];

test('checksums are those of the new addresses', t => {
	const segment = Uint8Array.from([...ethernet, ...tcp({
		from: '10.244.0.18:40000', to: '10.98.171.178:8080', flags: 'S', sequence: 7,
	})]);
	const rewritten = rewriteBytes(segment, 1);
	t.is(checksum(rewritten.subarray(14, 34)), 0);
	const body = rewritten.subarray(34);
	t.is(checksum(rewritten.subarray(26, 34), Uint8Array.of(0, 6, 0, body.length), body), 0);
});

test('a frame that is neither IP nor ARP says nothing any more', t => {
	const lldp = Uint8Array.from([...hex('01 80 c2 00 00 0e  02 00 00 00 00 02  88 cc'), ...new TextEncoder().encode('switch-7.acme.example')]);
	t.true(rewriteBytes(lldp, 1).subarray(14).every(byte => byte === 0));
});

test('the packet that an ICMP error is about is rewritten too', t => {
	const quoted = ipv4({from: '10.244.0.18', to: '10.98.171.178', protocol: 17}, [...hex('9c40 1f90 0010 beef')]);
	const error = Uint8Array.from([...ethernet, ...ipv4({from: '10.244.0.19', to: '10.244.0.18', protocol: 1}, [3, 3, 0, 0, 0, 0, 0, 0, ...quoted])]);
	const rewritten = rewriteBytes(error, 1);
	const text = (at: number): string => rewritten.subarray(at, at + 4).join('.');
	t.deepEqual([text(26), text(54), text(58)], ['10.244.0.19', '10.244.0.18', '10.98.171.178'].map(ip => addresses.ip(ip)));
	t.deepEqual([...rewritten.subarray(62)], [...hex('9c40 1f90 0010 0000')]);
});

test('what is still there is found, in every form', t => {
	const originals = {names: ['mars1'], ips: new Set(['10.244.0.18', 'fd00::12']), macs: new Set(['02:aa:bb:cc:dd:ee'])};
	const inText = (text: string) => findLeak({texts: [text], captures: []}, originals);
	t.is(inText('nothing of 10.244.0.180 and mars10 here'), undefined);
	for (const text of ['x mars1 y', 'at 10.244.0.18:80', 'TCP 0AF40012:0050', 'tcp 1200F40A:0050', 'ip-10-244-0-18', 'fd00::12', 'FD000000000000000000000000000012', 'MAC 02:AA:bb:cc:dd:ee']) {
		t.is(typeof inText(text), 'string');
	}

	const inPacket = (bytes: Uint8Array) => findLeak({texts: [], captures: [writePcap([{bytes, seconds: 1, nanoseconds: 0}], {linkType: 1})]}, originals);
	t.is(inPacket(Uint8Array.from([...ethernet, ...tcp({
		from: '10.244.0.19:1', to: '10.244.0.20:2', flags: 'S', sequence: 0x0A_F4_00_12,
	})])), undefined);
	t.is(inPacket(Uint8Array.from([...ethernet, ...tcp({from: '10.244.0.18:1', to: '10.244.0.20:2', flags: 'S'})])), '10.244.0.18');
	t.is(inPacket(Uint8Array.from(hex('02 aa bb cc dd ee  02 00 00 00 00 02  08 06'))), '02:aa:bb:cc:dd:ee');
	t.is(inPacket(Uint8Array.from([...ethernet, ...new TextEncoder().encode('hello mars1 hello')])), 'mars1');
});
