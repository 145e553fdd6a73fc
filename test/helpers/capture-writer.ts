import {concatBytes} from './bytes.ts';
/** One packet to be written. Time since 1970. */
export type CaptureRecord = {
	readonly bytes: Uint8Array;
	readonly seconds: number;
	readonly nanoseconds: number;
	/** Bytes on the wire; absent: as many as there are. */
	readonly wireLength?: number;
};

export type PcapOptions = {
	readonly linkType: number;
	readonly isLittleEndian?: boolean;
	readonly isNanosecond?: boolean;
	readonly snapLength?: number;
};

/** Writes numbers in one byte order. */
export const createFieldWriter = (isLittleEndian: boolean) => {
	const write = (length: number, set: (view: DataView) => void): Uint8Array => {
		const field = new Uint8Array(length);
		set(new DataView(field.buffer));
		return field;
	};

	return {
		number16: (value: number): Uint8Array => write(2, view => {
			view.setUint16(0, value, isLittleEndian);
		}),
		number32: (value: number): Uint8Array => write(4, view => {
			view.setUint32(0, value, isLittleEndian);
		}),
		number64: (value: bigint): Uint8Array => write(8, view => {
			view.setBigInt64(0, value, isLittleEndian);
		}),
	};
};

/** A pcap file (draft-ietf-opsawg-pcap) with these packets. */
export const writePcap = (records: readonly CaptureRecord[], options: PcapOptions): Uint8Array => {
	const {linkType, isLittleEndian = true, isNanosecond = false, snapLength = 262_144} = options;
	const {number16, number32} = createFieldWriter(isLittleEndian);
	const header = [number32(isNanosecond ? 0xA1_B2_3C_4D : 0xA1_B2_C3_D4), number16(2), number16(4), number32(0), number32(0), number32(snapLength), number32(linkType)];
	return concatBytes([...header, ...records.flatMap(({bytes, seconds, nanoseconds, wireLength}) => [
		number32(seconds),
		number32(isNanosecond ? nanoseconds : Math.floor(nanoseconds / 1000)),
		number32(bytes.length),
		number32(wireLength ?? bytes.length),
		bytes,
	])]);
};
