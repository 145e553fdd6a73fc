import {closeSync, openSync, writeSync} from 'node:fs';

const SNAP_LENGTH = 256;
const RECORD_HEADER_LENGTH = 16;
const BUFFER_LENGTH = 4_194_304;

/** Pseudo-random and the same every time (mulberry32). */
const createRandom = (seed: number): (() => number) => {
	let state = seed;
	return () => {
		state = (state + 0x6D_2B_79_F5) >> 0;
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

type Writer = {readonly descriptor: number; readonly buffer: Buffer; used: number; packets: number};

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
	const buffer = Buffer.alloc(BUFFER_LENGTH);
	buffer.writeUInt32LE(0xA1_B2_C3_D4, 0);
	buffer.writeUInt16LE(2, 4);
	buffer.writeUInt16LE(4, 6);
	buffer.writeUInt32LE(SNAP_LENGTH, 16);
	buffer.writeUInt32LE(1, 20);
	return {
		descriptor: openSync(file, 'w'),
		buffer,
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

const writeIp = (buffer: Buffer, at: number, datagram: Datagram, length: number): void => {
	buffer.writeUInt16BE(0x45_00, at);
	buffer.writeUInt16BE(length, at + 2);
	buffer.writeUInt16BE(datagram.identification, at + 4);
	buffer.writeUInt16BE(0x40_00, at + 6);
	buffer[at + 8] = datagram.ttl;
	buffer[at + 9] = datagram.isTcp ? 6 : 17;
	buffer.writeUInt32BE(datagram.source.ip, at + 12);
	buffer.writeUInt32BE(datagram.destination.ip, at + 16);
	buffer.writeUInt16BE(datagram.source.port, at + 20);
	buffer.writeUInt16BE(datagram.destination.port, at + 22);
};

const writeTcp = (buffer: Buffer, at: number, datagram: Datagram): void => {
	const isSyn = (datagram.flags & 2) !== 0;
	buffer.writeUInt32BE(datagram.sequence, at + 4);
	buffer.writeUInt32BE(datagram.acknowledgement, at + 8);
	buffer[at + 12] = isSyn ? 0xA0 : 0x80;
	buffer[at + 13] = datagram.flags;
	buffer.writeUInt16BE(502, at + 14);
	if (isSyn) {
		buffer.writeUInt32BE(0x02_04_05_B4, at + 20);
		buffer.writeUInt32BE(0x04_02_08_0A, at + 24);
		buffer.writeUInt32BE(datagram.milliseconds, at + 28);
		buffer.writeUInt32BE(0, at + 32);
		buffer.writeUInt32BE(0x01_03_03_07, at + 36);
	} else {
		buffer.writeUInt32BE(0x01_01_08_0A, at + 20);
		buffer.writeUInt32BE(datagram.milliseconds, at + 24);
		buffer.writeUInt32BE(datagram.milliseconds, at + 28);
	}
};

const writeTransport = (buffer: Buffer, at: number, datagram: Datagram): void => {
	if (datagram.isTcp) {
		writeTcp(buffer, at, datagram);
	} else {
		buffer.writeUInt16BE(datagram.payloadLength + 8, at + 4);
		buffer.writeUInt16BE(datagram.identification, at + 8);
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
	const {buffer, used: at} = writer;
	buffer.fill(0x61, at, at + RECORD_HEADER_LENGTH + captured);
	buffer.writeUInt32LE(1_795_000_000 + Math.floor(datagram.microseconds / 1_000_000), at);
	buffer.writeUInt32LE(datagram.microseconds % 1_000_000, at + 4);
	buffer.writeUInt32LE(captured, at + 8);
	buffer.writeUInt32LE(length + 14, at + 12);
	buffer.writeUInt16BE(0x08_00, at + RECORD_HEADER_LENGTH + 12);
	writeIp(buffer, at + RECORD_HEADER_LENGTH + 14, datagram, length);
	writeTransport(buffer, at + RECORD_HEADER_LENGTH + 34, datagram);
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
