import {Buffer} from 'node:buffer';
import {Writable} from 'node:stream';

/** Takes bytes and keeps them: what must not be on a disk. */
export const createMemoryFile = (): {readonly target: Writable; readonly bytes: () => Buffer} => {
	const chunks: Buffer[] = [];
	return {
		target: new Writable({
			write(chunk: Buffer, _encoding, done) {
				chunks.push(chunk);
				done();
			},
		}),
		bytes: () => Buffer.concat(chunks),
	};
};
