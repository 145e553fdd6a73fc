import {concatenateBytes, words16, words32} from './bytes.ts';
import type {Frame} from './frame.ts';
import {parseIp} from './ip-address.ts';
import {
	BYTE_ORDER_MAGIC,
	ENHANCED_PACKET,
	INTERFACE_DESCRIPTION,
	SECTION_HEADER,
} from './pcapng.ts';
import {createCaptureScanner} from './scan-capture.ts';

/** A captured packet, undecoded. */
export type RawPacket = {
	readonly seconds: number;
	readonly nanoseconds: number;
	readonly wireLength: number;
	readonly bytes: Uint8Array;
};

/** What becomes one interface of a pcapng file. */
export type RawCapture = {
	readonly interfaceName: string;
	/** `hairpin ladder` takes its first word for the role where it is client, node or backend. */
	readonly description: string;
	readonly linkType: number;
	readonly packets: readonly RawPacket[];
};

const NAME_RESOLUTION = 4;
const OPTION_END = 0;
const INTERFACE_NAME = 2;
const INTERFACE_DESCRIPTION_TEXT = 3;
const TIME_RESOLUTION = 9;
const NANOSECOND_RESOLUTION = 9;
const APPLICATION = 4;
const IPV4_NAME = 1;
const IPV6_NAME = 2;
const SNAP_LENGTH = 262_144;
const NANOSECONDS = 1_000_000_000n;

const encoder = new TextEncoder();

/** Everything in a block begins on a 32-bit boundary. */
const pad = (bytes: Uint8Array): Uint8Array => concatenateBytes([bytes, new Uint8Array(-bytes.length & 3)]);

const block = (type: number, ...body: readonly Uint8Array[]): Uint8Array => {
	const content = pad(concatenateBytes(body));
	const length = content.length + 12;
	return concatenateBytes([words32(type, length), content, words32(length)]);
};

/** An option or a name record: its code, its length, its value. Longer text than 16 bits can count is cut. */
const option = (code: number, value: Uint8Array): Uint8Array => {
	const kept = value.subarray(0, 65_535);
	return concatenateBytes([words16(code, kept.length), pad(kept)]);
};

const sectionHeader = (): Uint8Array => block(
	SECTION_HEADER,
	words32(BYTE_ORDER_MAGIC),
	words16(1, 0),
	words32(0xFF_FF_FF_FF, 0xFF_FF_FF_FF),
	option(APPLICATION, encoder.encode('hairpin')),
	option(OPTION_END, new Uint8Array()),
);

const describeInterface = ({interfaceName, description, linkType}: RawCapture): Uint8Array => block(
	INTERFACE_DESCRIPTION,
	words16(linkType, 0),
	words32(SNAP_LENGTH),
	option(INTERFACE_NAME, encoder.encode(interfaceName)),
	option(INTERFACE_DESCRIPTION_TEXT, encoder.encode(description)),
	option(TIME_RESOLUTION, Uint8Array.of(NANOSECOND_RESOLUTION)),
	option(OPTION_END, new Uint8Array()),
);

const nameRecord = (ip: string, name: string): Uint8Array => {
	const address = parseIp(ip);
	if (!address) {
		return new Uint8Array();
	}

	const bytes = new Uint8Array(16);
	const view = new DataView(bytes.buffer);
	for (const [position, word] of address.words.entries()) {
		view.setInt32(position * 4, word);
	}

	const isIpv4 = address.version === 4;
	return option(isIpv4 ? IPV4_NAME : IPV6_NAME, concatenateBytes([bytes.subarray(isIpv4 ? 12 : 0), encoder.encode(name), Uint8Array.of(0)]));
};

const nameResolution = (names: ReadonlyMap<string, string>): Uint8Array => block(
	NAME_RESOLUTION,
	...names.entries().map(([ip, name]) => nameRecord(ip, name)),
	option(OPTION_END, new Uint8Array()),
);

const enhancedPacket = (interfaceNumber: number, {seconds, nanoseconds, wireLength, bytes}: RawPacket): Uint8Array => {
	const ticks = (BigInt(seconds) * NANOSECONDS) + BigInt(nanoseconds);
	return block(ENHANCED_PACKET, words32(interfaceNumber, Number(ticks >> 32n), Number(ticks & 0xFF_FF_FF_FFn), bytes.length, wireLength), bytes);
};

const compareTimes = (one: RawPacket, two: RawPacket): number => one.seconds === two.seconds ? one.nanoseconds - two.nanoseconds : one.seconds - two.seconds;

/** One pcapng file of several captures: each is an interface, addresses have names, packets are in time order. */
export const writePcapng = (captures: readonly RawCapture[], names: ReadonlyMap<string, string>): Uint8Array => {
	const packets = captures.flatMap(({packets}, position) => packets.map(packet => ({position, packet})));
	return concatenateBytes([
		sectionHeader(),
		...captures.map(capture => describeInterface(capture)),
		nameResolution(names),
		...packets.toSorted((one, two) => compareTimes(one.packet, two.packet)).map(({position, packet}) => enhancedPacket(position, packet)),
	]);
};

/** Takes a capture apart into undecoded packets, as many as are complete. In: the bytes of a whole file; the packets are copies. */
export const readRawPackets = (bytes: Uint8Array): {readonly linkType: number; readonly packets: readonly RawPacket[]} => {
	const scanner = createCaptureScanner();
	const packets: RawPacket[] = [];
	scanner.push(bytes, (frame: Frame) => {
		packets.push({
			seconds: frame.seconds,
			nanoseconds: frame.nanoseconds,
			wireLength: frame.wireLength,
			bytes: frame.bytes.slice(frame.start, frame.start + frame.capturedLength),
		});
	});
	return {linkType: scanner.interfaces.at(0)?.linkType ?? 1, packets};
};
