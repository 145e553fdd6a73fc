import {Buffer} from 'node:buffer';
import type {Outcome} from '../access/recording.ts';

type Bytes = Extract<Outcome, {kind: 'bytes'}>;

/** The texts of some pieces, each with the lines that end in it: so no name is cut in two. The last piece has what is left. */
export const joinLines = (pieces: readonly Bytes[]): readonly string[] => {
	let rest = '';
	return pieces.map(({base64}, index) => {
		const text = rest + Buffer.from(base64, 'base64').toString('latin1');
		const end = index === pieces.length - 1 ? text.length : text.lastIndexOf('\n') + 1;
		rest = text.slice(end);
		return Buffer.from(text.slice(0, end), 'latin1').toString();
	});
};
