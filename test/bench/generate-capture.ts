import {closeSync, openSync, writeSync} from 'node:fs';

const SNAP_LENGTH = 256;
const RECORD_HEADER_LENGTH = 16;
const BUFFER_LENGTH = 4_194_304;

/** Pseudo-random and the same every time (mulberry32). */
const createRandom = (seed: number): (() => number) => {
	let state = seed;
	return () => {
		state = Math.imul(state + 0x6D_2B_79_F5, 1);
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
		return (mixed ^ (mixed >>> 14)) >>> 0;
	};
};

type Conversation = {
	readonly isTcp: boolean;
	readonly client: number;
	readonly clientPort: number;
	readonly service: number;
	readonly backend: number;
	sequence: number;
	serverSequence: number;
	identification: number;
	step: number;
	readonly steps: number;
};

type Writer = {readonly descriptor: number; readonly buffer: Uint8Array<ArrayBuffer>; readonly view: DataView; used: number; packets: number};

type Side = {readonly ip: number; readonly port: number};

const CLIENTS = 0x0A_F4_00_00;
const SERVICES = 0x0A_60_00_00;
const BACKENDS = 0x0A_F4_10_00;

const startConversation = (random: () => number): Conversation => {
	const service = random() % 50;
	const isTcp = random() % 5 > 0;
	return {
		isTcp,
		client: (CLIENTS + 2 + (random() % 250)) >>> 0,
		clientPort: 32_768 + (random() % 28_000),
		service: (SERVICES + service) >>> 0,
		backend: (BACKENDS + (service * 4) + (random() % 4)) >>> 0,
		sequence: random(),
		serverSequence: random(),
		identification: random() & 0xFF_FF,
		step: 0,
		steps: isTcp ? 10 + (random() % 70) : 2,
	};
};

const openWriter = (file: string): Writer => {
	const buffer = new Uint8Array(BUFFER_LENGTH);
	const view = new DataView(buffer.buffer);
	view.setUint32(0, 0xA1_B2_C3_D4, true);
	view.setUint16(4, 2, true);
	view.setUint16(6, 4, true);
	view.setUint32(16, SNAP_LENGTH, true);
	view.setUint32(20, 1, true);
	return {
		descriptor: openSync(file, 'w'),
		buffer,
		view,
		used: 24,
		packets: 0,
	};
};

const flush = (writer: Writer): void => {
	writeSync(writer.descriptor, writer.buffer, 0, writer.used);
	writer.used = 0;
};

type Datagram = {
	readonly isTcp: boolean;
	readonly source: Side;
	readonly destination: Side;
	readonly ttl: number;
	readonly identification: number;
	readonly payloadLength: number;
	readonly sequence: number;
	readonly acknowledgement: number;
	readonly flags: number;
	readonly milliseconds: number;
	readonly microseconds: number;
};

const writeIp = (view: DataView, at: number, datagram: Datagram, length: number): void => {
	view.setUint16(at, 0x45_00);
	view.setUint16(at + 2, length);
	view.setUint16(at + 4, datagram.identification);
	view.setUint16(at + 6, 0x40_00);
	view.setUint8(at + 8, datagram.ttl);
	view.setUint8(at + 9, datagram.isTcp ? 6 : 17);
	view.setUint32(at + 12, datagram.source.ip);
	view.setUint32(at + 16, datagram.destination.ip);
	view.setUint16(at + 20, datagram.source.port);
	view.setUint16(at + 22, datagram.destination.port);
};

const writeTcp = (view: DataView, at: number, datagram: Datagram): void => {
	const isSyn = (datagram.flags & 2) !== 0;
	view.setUint32(at + 4, datagram.sequence);
	view.setUint32(at + 8, datagram.acknowledgement);
	view.setUint8(at + 12, isSyn ? 0xA0 : 0x80);
	view.setUint8(at + 13, datagram.flags);
	view.setUint16(at + 14, 502);
	if (isSyn) {
		view.setUint32(at + 20, 0x02_04_05_B4);
		view.setUint32(at + 24, 0x04_02_08_0A);
		view.setUint32(at + 28, datagram.milliseconds);
		view.setUint32(at + 32, 0);
		view.setUint32(at + 36, 0x01_03_03_07);
	} else {
		view.setUint32(at + 20, 0x01_01_08_0A);
		view.setUint32(at + 24, datagram.milliseconds);
		view.setUint32(at + 28, datagram.milliseconds);
	}
};

const writeTransport = (view: DataView, at: number, datagram: Datagram): void => {
	if (datagram.isTcp) {
		writeTcp(view, at, datagram);
	} else {
		view.setUint16(at + 4, datagram.payloadLength + 8);
		view.setUint32(at + 8, datagram.sequence);
	}
};

const headerLength = (datagram: Datagram): number => {
	if (!datagram.isTcp) {
		return 8;
	}

	return (datagram.flags & 2) === 0 ? 32 : 40;
};

const writeDatagram = (writer: Writer, datagram: Datagram): void => {
	const length = 20 + headerLength(datagram) + datagram.payloadLength;
	const captured = Math.min(SNAP_LENGTH, length + 14);
	const {buffer, view, used: at} = writer;
	buffer.fill(0x61, at, at + RECORD_HEADER_LENGTH + captured);
	view.setUint32(at, 1_795_000_000 + Math.floor(datagram.microseconds / 1_000_000), true);
	view.setUint32(at + 4, datagram.microseconds % 1_000_000, true);
	view.setUint32(at + 8, captured, true);
	view.setUint32(at + 12, length + 14, true);
	view.setUint16(at + RECORD_HEADER_LENGTH + 12, 0x08_00);
	writeIp(view, at + RECORD_HEADER_LENGTH + 14, datagram, length);
	writeTransport(view, at + RECORD_HEADER_LENGTH + 34, datagram);
	writer.used = at + RECORD_HEADER_LENGTH + captured;
	writer.packets++;
	if (writer.used > BUFFER_LENGTH - 1024) {
		flush(writer);
	}
};

type Step = {readonly isForward: boolean; readonly flags: number; readonly payloadLength: number};

const describeStep = (conversation: Conversation, random: () => number): Step => {
	const {isTcp, step, steps} = conversation;
	if (!isTcp) {
		return {isForward: step === 0, flags: 0, payloadLength: step === 0 ? 40 : 100 + (random() % 300)};
	}

	if (step < 3) {
		return {isForward: step !== 1, flags: [2, 18, 16][step], payloadLength: 0};
	}

	if (step >= steps - 2) {
		return {isForward: step === steps - 2, flags: 17, payloadLength: 0};
	}

	const isForward = step % 4 !== 0;
	const hasData = random() % 2 === 0;
	return {isForward, flags: hasData ? 24 : 16, payloadLength: hasData ? [1448, 300, 90, 1448][random() % 4] : 0};
};

const advance = (conversation: Conversation, {isForward, flags, payloadLength}: Step): void => {
	const used = payloadLength + ((flags & 3) === 0 ? 0 : 1);
	conversation.sequence = (conversation.sequence + (isForward ? used : 0)) >>> 0;
	conversation.serverSequence = (conversation.serverSequence + (isForward ? 0 : used)) >>> 0;
	conversation.identification = (conversation.identification + 1) & 0xFF_FF;
	conversation.step++;
};

/** The packet as it looks at a point: before DNAT at the client, after it at the backend. */
const viewAt = (conversation: Conversation, step: Step, server: Side, extra: {ttl: number; microseconds: number}): Datagram => {
	const client = {ip: conversation.client, port: conversation.clientPort};
	return {
		isTcp: conversation.isTcp,
		source: step.isForward ? client : server,
		destination: step.isForward ? server : client,
		ttl: extra.ttl,
		identification: conversation.identification,
		payloadLength: step.payloadLength,
		sequence: step.isForward ? conversation.sequence : conversation.serverSequence,
		acknowledgement: conversation.step === 0 ? 0 : (step.isForward ? conversation.serverSequence : conversation.sequence),
		flags: step.flags,
		milliseconds: Math.floor(extra.microseconds / 1000),
		microseconds: extra.microseconds,
	};
};

/** Writes the same traffic as two points see it: TCP and DNS-like UDP through Services, a thousand conversations at a time. */
export const generateCaptures = (clientFile: string, backendFile: string, packets: number): void => {
	const random = createRandom(1);
	const atClient = openWriter(clientFile);
	const atBackend = openWriter(backendFile);
	const open = Array.from({length: 1000}, () => startConversation(random));
	let microseconds = 0;
	while (atClient.packets < packets) {
		const index = random() % open.length;
		const conversation = open[index];
		const port = conversation.isTcp ? 8080 : 53;
		microseconds += random() % 40;
		const step = describeStep(conversation, random);
		writeDatagram(atClient, viewAt(conversation, step, {ip: conversation.service, port}, {ttl: 64, microseconds}));
		writeDatagram(atBackend, viewAt(conversation, step, {ip: conversation.backend, port: conversation.isTcp ? 80 : 53}, {ttl: 63, microseconds: microseconds + 60}));
		advance(conversation, step);
		if (conversation.step >= conversation.steps) {
			open[index] = startConversation(random);
		}
	}

	for (const writer of [atClient, atBackend]) {
		flush(writer);
		closeSync(writer.descriptor);
	}
};
