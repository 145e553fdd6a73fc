/**
Reads from bytes, and makes them. Callers have checked the bounds. 32-bit values come back signed (`| 0`): V8 keeps those as small integers and allocates nothing.
*/

/** Network byte order, as every protocol header uses it. */
export const readUint16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1];

/** Network byte order, signed; `>>> 0` gives the number on the wire. */
export const readInt32 = (bytes: Uint8Array, at: number): number => (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];

/** A number as the signed 32-bit number of the same bits, the form in which all addresses and sequence numbers are compared. */
export const toSigned = (number: number): number => Math.imul(number, 1);

/** Capture file headers are written in the byte order of the machine that captured. */
export const readUint16In = (bytes: Uint8Array, at: number, isLittleEndian: boolean): number => (isLittleEndian ? bytes[at] | (bytes[at + 1] << 8) : readUint16(bytes, at));

/** The same for 32 bits, unsigned. */
export const readUint32In = (bytes: Uint8Array, at: number, isLittleEndian: boolean): number => (isLittleEndian
	? bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
	: readInt32(bytes, at)) >>> 0;

/** One after the other. */
export const concatenateBytes = (parts: readonly Uint8Array[]): Uint8Array => {
	const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}

	return whole;
};

/** Numbers of 32 bits, little-endian. */
export const words32 = (...numbers: readonly number[]): Uint8Array => {
	const bytes = new Uint8Array(numbers.length * 4);
	const view = new DataView(bytes.buffer);
	for (const [position, number] of numbers.entries()) {
		view.setUint32(position * 4, number, true);
	}

	return bytes;
};

/** Numbers of 16 bits, little-endian. */
export const words16 = (...numbers: readonly number[]): Uint8Array => {
	const bytes = new Uint8Array(numbers.length * 2);
	const view = new DataView(bytes.buffer);
	for (const [position, number] of numbers.entries()) {
		view.setUint16(position * 2, number, true);
	}

	return bytes;
};
