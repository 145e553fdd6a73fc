import {Buffer} from 'node:buffer';
import {crc32} from 'node:zlib';
import {type Payload, commentMark} from './bundle-format.ts';

/** Writes texts as comments: whatever a download leaves of them is still JavaScript. */
export const makePayload = (texts: Readonly<Record<string, string>>): {readonly payload: Payload; readonly bytes: Buffer} => {
	const sections: Record<string, readonly [number, number]> = {};
	let written = '';
	for (const [name, text] of Object.entries(texts)) {
		const from = written.length + commentMark.length;
		written += `${commentMark}${text.split('\n').join(commentMark)}`;
		sections[name] = [from, written.length];
	}

	const bytes = Buffer.from(`${written}\n`, 'latin1');
	return {bytes, payload: {length: bytes.length, crc: crc32(bytes), sections}};
};
