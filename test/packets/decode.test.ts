import test from 'ava';
import {
	ethernet,
	hex,
	ipv4,
	tcp,
	udp,
	unreachable,
} from '../helpers/packet-builder.ts';
import {readPacket} from '../helpers/read-packets.ts';

const syn = tcp({
	from: '10.244.0.3:60900', to: '10.98.171.178:8080', flags: 'S', sequence: 1_703_171_295, id: 1142, timestamp: 7,
});

test('a SYN of the founding incident decodes field by field', t => {
	// Frame 1 of the client's capture.
	const bytes = hex(`6aff382cddfa 22705577aaf4 0800
		4500003c 04764000 4006 cb3c 0af40003 0a62abb2
		ede41f90 658447df 00000000 a002faf0 c1390000
		020405b4 0402080a 19788ed5 00000000 01030307`);
	const packet = readPacket([...bytes]);
	t.like(packet.ethernet, {source: '22:70:55:77:aa:f4', destination: '6a:ff:38:2c:dd:fa'});
	t.deepEqual(packet.ip, {
		version: 4, source: '10.244.0.3', destination: '10.98.171.178', ttl: 64, id: 1142, length: 60, headerLength: 20, protocol: 6, isFragment: false, fragmentOffset: 0,
	});
	t.deepEqual(packet.tcp, {
		sourcePort: 60_900,
		destinationPort: 8080,
		sequence: 1_703_167_967,
		acknowledgement: 0,
		flags: 2,
		flagText: 'S',
		window: 64_240,
		headerLength: 40,
		options: {
			mss: 1460, sackPermitted: true, timestamp: {value: 427_331_285, echo: 0}, windowScale: 7,
		},
		payloadLength: 0,
	});
	t.is(packet.malformed, undefined);
});

test('ARP says who asks for whom', t => {
	const {arp, ip} = readPacket(ethernet([...hex('0001 0800 06 04 0001 86942b726976 0af40002 000000000000 0af40003')], 0x08_06));
	t.like(arp, {
		operation: 1, senderIp: '10.244.0.2', senderMac: '86:94:2b:72:69:76', targetIp: '10.244.0.3',
	});
	t.is(ip, undefined);
});

test('802.1Q and QinQ tags are taken off and their VLAN ids kept', t => {
	const packet = readPacket(ethernet([0x20, 0x05, 0x81, 0, 0, 7, 8, 0, ...syn], 0x88_A8));
	t.deepEqual(packet.vlanIds, [5, 7]);
	t.is(packet.tcp?.flagText, 'S');
});

test('Linux cooked captures give packet type, and version 2 the interface index', t => {
	const sll = readPacket([0, 4, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 8, 0, ...syn], {linkType: 113});
	t.like(sll, {packetType: 4, etherType: 0x08_00});
	t.is(sll.tcp?.destinationPort, 8080);
	const sll2 = readPacket([8, 0, 0, 0, 0, 0, 1, 5, 0, 1, 3, 6, 1, 2, 3, 4, 5, 6, 0, 0, ...syn], {linkType: 276});
	t.like(sll2, {packetType: 3, interfaceIndex: 261});
	t.is(sll2.tcp?.destinationPort, 8080);
});

test('raw IP and loopback links begin where they should', t => {
	for (const linkType of [12, 14, 101, 228]) {
		t.is(readPacket(syn, {linkType}).tcp?.sourcePort, 60_900, String(linkType));
	}

	t.is(readPacket([2, 0, 0, 0, ...syn], {linkType: 0}).tcp?.sourcePort, 60_900);
	t.is(readPacket([0, 0, 0, 2, ...syn], {linkType: 0}).tcp?.sourcePort, 60_900);
	t.is(readPacket([0, 0, 0, 2, ...syn], {linkType: 108}).tcp?.sourcePort, 60_900);
	t.is(readPacket(syn, {linkType: 147}).ip, undefined);
});

test('IPv4 options move the transport header, and a later fragment has none', t => {
	const withOptions = [0x46, ...syn.slice(1, 20), 1, 1, 1, 0, ...syn.slice(20)];
	withOptions[3] += 4;
	t.is(readPacket(withOptions, {linkType: 101}).tcp?.destinationPort, 8080);
	const fragment = [...syn];
	fragment[6] = 0x20;
	fragment[7] = 0xB9;
	const packet = readPacket(fragment, {linkType: 101});
	t.like(packet.ip, {isFragment: true, fragmentOffset: 1480});
	t.is(packet.tcp, undefined);
});

test('a length of 0, as segmentation offload leaves it, is taken from the frame', t => {
	const offloaded = tcp({
		from: '10.0.0.1:1', to: '10.0.0.2:2', flags: 'P.', payload: 'abc',
	});
	offloaded[2] = 0;
	offloaded[3] = 0;
	t.is(readPacket(offloaded, {linkType: 101}).tcp?.payloadLength, 3);
});

test('IPv6 extension headers are walked to the transport header', t => {
	const header = hex('6000 0000 0024 00 3f fd00000000000000 0000000000000001 20010db8000000000000000000000001');
	// Hop-by-hop, then a fragment header of a packet that is whole (RFC 6946), then TCP.
	const packet = readPacket([...header, ...hex('2c00 0502 0000 0100 0600 0000 00000009'), ...syn.slice(20, 40)], {linkType: 229});
	t.like(packet.ip, {
		version: 6, source: 'fd00::1', destination: '2001:db8::1', ttl: 63, protocol: 6, headerLength: 56, length: 76, isFragment: false,
	});
	t.is(packet.tcp?.destinationPort, 8080);
});

test('TCP flags are written as tcpdump writes them', t => {
	const flagsOf = (flags: string) => readPacket(tcp({from: '10.0.0.1:1', to: '10.0.0.2:2', flags}), {linkType: 101}).tcp?.flagText;
	t.deepEqual(['S', 'S.', '.', 'P.', 'F.', 'R', 'R.', ''].map(flags => flagsOf(flags)), ['S', 'S.', '.', 'P.', 'F.', 'R', 'R.', 'none']);
});

test('SACK blocks are read, and an impossible option is malformed at its place', t => {
	const sack = tcp({
		from: '10.0.0.1:1', to: '10.0.0.2:2', flags: '.', timestamp: 1,
	});
	sack.splice(40, 12, 1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9);
	t.deepEqual(readPacket(sack, {linkType: 101}).tcp?.options, {sack: [{left: 1, right: 9}]});
	sack[43] = 40;
	const packet = readPacket(sack, {linkType: 101});
	t.deepEqual(packet.malformed, {reason: 'TCP option has an impossible length', at: 42});
	t.is(packet.tcp?.flagText, '.');
});

test('an ICMP error shows the packet that it is about', t => {
	const packet = readPacket(unreachable({from: '10.0.0.9', to: '10.244.0.3', code: 3}, udp({from: '10.244.0.3:5000', to: '10.96.0.10:53', payload: 'question'})), {linkType: 101});
	t.like(packet.icmp, {type: 3, code: 3});
	t.like(packet.icmp?.quoted, {sourcePort: 5000, destinationPort: 53});
	t.is(packet.icmp?.quoted?.ip.destination, '10.96.0.10');
	t.is(packet.malformed, undefined);
});

test('VXLAN and IP in IP show what they carry', t => {
	const header = [0x08, 0, 0, 0, 0, 0, 1, 0];
	const datagram = udp({from: '192.168.1.1:40000', to: '192.168.1.2:8472', payload: 'x'.repeat(8 + 14 + syn.length)});
	datagram.splice(28, 8 + 14 + syn.length, ...header, ...ethernet(syn));
	t.is(readPacket(datagram, {linkType: 101}).tunnel?.kind, 'vxlan');
	t.is(readPacket(datagram, {linkType: 101}).tunnel?.inner.tcp?.destinationPort, 8080);
	const inside = readPacket(ipv4({from: '192.168.1.1', to: '192.168.1.2', protocol: 4}, syn), {linkType: 101});
	t.is(inside.tunnel?.inner.ip?.destination, '10.98.171.178');
	t.is(inside.ip?.destination, '192.168.1.2');
});

test('what the snap length cut off is not malformed, what the packet lacks is', t => {
	const cut = readPacket(syn.slice(0, 30), {linkType: 101, wireLength: 52});
	t.true(cut.isCut);
	t.is(cut.malformed, undefined);
	t.is(cut.ip?.destination, '10.98.171.178');
	t.deepEqual(readPacket(syn.slice(0, 30), {linkType: 101}).malformed, {reason: 'ends inside the TCP header', at: 20});
});

test('impossible lengths in headers are named with their place', t => {
	const reasonOf = (change: (bytes: number[]) => void, from = syn) => {
		const bytes = [...from];
		change(bytes);
		return readPacket(bytes, {linkType: 228}).malformed?.reason;
	};

	t.is(reasonOf(bytes => {
		bytes[0] = 0x44;
	}), 'IPv4 header length is less than 20 bytes');
	t.is(reasonOf(bytes => {
		bytes[3] = 8;
	}), 'IPv4 total length is less than its header');
	t.is(reasonOf(bytes => {
		bytes[32] = 0x10;
	}), 'TCP header length is less than 20 bytes');
	t.is(reasonOf(bytes => {
		bytes[32] = 0xF0;
	}), 'TCP header is longer than the packet');
	t.is(reasonOf(bytes => {
		bytes[25] = 3;
	}, udp({from: '10.0.0.1:1', to: '10.0.0.2:2', payload: ''})), 'UDP length is less than 8 bytes');
	t.is(reasonOf(bytes => {
		bytes[0] = 0x95;
	}), 'IP version is neither 4 nor 6');
});
