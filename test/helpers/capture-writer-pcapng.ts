import {concatBytes, toBytes} from './bytes.ts';
import {type CaptureRecord, createFieldWriter} from './capture-writer.ts';

export type PcapngInterface = {
	readonly linkType: number;
	readonly name?: string;
	readonly snapLength?: number;
	/** if_tsresol: a negative power of ten, or of two with the highest bit set. Absent: 6, not written. */
	readonly timeResolution?: number;
	/** if_tsoffset in seconds; may be negative. */
	readonly timeOffsetSeconds?: number;
};

/** `enhanced` is what every tool writes today; `simple` has no time and belongs to the first interface; `old` is the obsolete Packet Block; `local` is a block for local use, to be passed over. */
export type PcapngBlock =
	| (CaptureRecord & {readonly kind: 'enhanced' | 'old'; readonly interface: number; readonly comment?: string})
	| {readonly kind: 'simple'; readonly bytes: Uint8Array; readonly wireLength?: number}
	| {readonly kind: 'local'; readonly bytes: Uint8Array};

export type PcapngSection = {
	readonly isLittleEndian?: boolean;
	readonly interfaces: readonly PcapngInterface[];
	readonly blocks: readonly PcapngBlock[];
};

type Fields = ReturnType<typeof createFieldWriter>;

const BLOCK_OVERHEAD = 12;
const NANOSECONDS = 1_000_000_000n;

const pad = (bytes: Uint8Array): Uint8Array => concatBytes([bytes, new Uint8Array((4 - (bytes.length % 4)) % 4)]);

const writeBlock = ({number32}: Fields, type: number, ...parts: readonly Uint8Array[]): Uint8Array => {
	const body = pad(concatBytes(parts));
	const length = number32(body.length + BLOCK_OVERHEAD);
	return concatBytes([number32(type), length, body, length]);
};

const writeOption = ({number16}: Fields, code: number, value: Uint8Array): Uint8Array => concatBytes([number16(code), number16(value.length), pad(value)]);

const writeInterface = (fields: Fields, described: PcapngInterface): Uint8Array => {
	const {linkType, name, snapLength = 262_144, timeResolution, timeOffsetSeconds} = described;
	const options = [
		...(name === undefined ? [] : [writeOption(fields, 2, toBytes(name))]),
		...(timeResolution === undefined ? [] : [writeOption(fields, 9, Uint8Array.from([timeResolution]))]),
		...(timeOffsetSeconds === undefined ? [] : [writeOption(fields, 14, fields.number64(BigInt(timeOffsetSeconds)))]),
	];
	const end = options.length > 0 ? [writeOption(fields, 0, new Uint8Array(0))] : [];
	return writeBlock(fields, 1, fields.number16(linkType), fields.number16(0), fields.number32(snapLength), ...options, ...end);
};

/** Ticks of an interface's clock. Bits below its resolution are lost. */
export const countTicks = ({timeResolution = 6, timeOffsetSeconds = 0}: PcapngInterface, seconds: number, nanoseconds: number): bigint => {
	const perSecond = ((timeResolution & 0x80) === 0 ? 10n : 2n) ** BigInt(timeResolution & 0x7F);
	return (BigInt(seconds - timeOffsetSeconds) * perSecond) + ((BigInt(nanoseconds) * perSecond) / NANOSECONDS);
};

const writePacket = (fields: Fields, section: PcapngSection, block: Extract<PcapngBlock, {interface: number}>): Uint8Array => {
	const {number16, number32} = fields;
	const ticks = countTicks(section.interfaces[block.interface], block.seconds, block.nanoseconds);
	const comment = block.comment === undefined ? [] : [writeOption(fields, 1, toBytes(block.comment)), writeOption(fields, 0, new Uint8Array(0))];
	return writeBlock(
		fields,
		block.kind === 'old' ? 2 : 6,
		...(block.kind === 'old' ? [number16(block.interface), number16(0)] : [number32(block.interface)]),
		number32(Number((ticks >> 32n) & 0xFF_FF_FF_FFn)),
		number32(Number(ticks & 0xFF_FF_FF_FFn)),
		number32(block.bytes.length),
		number32(block.wireLength ?? block.bytes.length),
		pad(block.bytes),
		...comment,
	);
};

const writeAnyBlock = (fields: Fields, section: PcapngSection, block: PcapngBlock): Uint8Array => {
	if (block.kind === 'simple') {
		return writeBlock(fields, 3, fields.number32(block.wireLength ?? block.bytes.length), block.bytes);
	}

	// The highest bit is for local use. Wireshark would count a Custom Block (0x0BAD) as a frame.
	return block.kind === 'local' ? writeBlock(fields, 0x80_00_0B_AD, block.bytes) : writePacket(fields, section, block);
};

const writeSection = (section: PcapngSection): Uint8Array => {
	const fields = createFieldWriter(section.isLittleEndian ?? true);
	const unknownLength = fields.number64(-1n);
	return concatBytes([
		writeBlock(fields, 0x0A_0D_0D_0A, fields.number32(0x1A_2B_3C_4D), fields.number16(1), fields.number16(0), unknownLength),
		...section.interfaces.map(described => writeInterface(fields, described)),
		...section.blocks.map(block => writeAnyBlock(fields, section, block)),
	]);
};

/** A pcapng file (draft-ietf-opsawg-pcapng) with these sections. */
export const writePcapng = (sections: readonly PcapngSection[]): Uint8Array => concatBytes(sections.map(section => writeSection(section)));
