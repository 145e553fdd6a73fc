import {concatenateBytes as concatBytes} from '../../src/packets/bytes.ts';

export {concatenateBytes as concatBytes} from '../../src/packets/bytes.ts';

/** Big-endian fields: `[2, 80]` is the number 80 in two bytes. */
export const fields = (...pairs: ReadonlyArray<readonly [bytes: 1 | 2 | 4, value: number]>): Uint8Array => concatBytes(pairs.map(([length, value]) => {
	const field = new Uint8Array(4);
	new DataView(field.buffer).setUint32(0, value * (2 ** (32 - (8 * length))));
	return field.subarray(0, length);
}));

/** UTF-8. */
export const toBytes = (text: string): Uint8Array => new TextEncoder().encode(text);
