import {Buffer} from 'node:buffer';
import {createWriteStream, openSync, type WriteStream} from 'node:fs';
import {Writable} from 'node:stream';
import {removeRemains} from '../remove-remains.ts';
import {ownerOnly} from './format.ts';

/** How a late file is written. */
export type LateWish = {
	/** Replace what is there. */
	readonly isReplacing?: boolean;
	/** Is told why it ended early; what was written till then stays, and it can be kept in another file. */
	readonly lost: (because: string) => void;
};

/** A file that is begun in memory, and is on disk from when somebody wants it. */
export type LateFile = {
	readonly output: Writable;
	/** Writes what there is into a file, and from then on whatever comes. Rejects where it cannot be written, also where there is such a file already: then there is none but that one. */
	keep(name: string, wish: LateWish): Promise<void>;
};

// An incident is a few megabytes; what is longer is not held for somebody who may never want it.
const longestBytes = 100_000_000;

/** Writes all of it; rejects where the disk is full. */
const write = async (stream: WriteStream, bytes: Uint8Array): Promise<void> => {
	const {promise, resolve, reject} = Promise.withResolvers<undefined>();
	stream.write(bytes, error => {
		if (error) {
			reject(error);
		} else {
			resolve(undefined);
		}
	});
	return promise;
};

/** All that was written. It is held also once it is on disk, which may be full before all of it is there. */
const createHold = () => {
	const held: Buffer[] = [];
	let total = 0;
	return {
		add(chunk: Buffer): void {
			total += chunk.length;
			held.push(chunk);
			if (total > longestBytes) {
				held.length = 0;
			}
		},
		/** Writes all of it into the stream, also what is added meanwhile. */
		async copy(stream: WriteStream): Promise<void> {
			for (let at = 0; at < held.length;) {
				const chunks = held.slice(at);
				await write(stream, Buffer.concat(chunks)); // eslint-disable-line no-await-in-loop
				at += chunks.length;
			}
		},
		refuseTooLong(): void {
			if (total > longestBytes) {
				throw new Error(`it became longer than ${longestBytes / 1_000_000} MB`);
			}
		},
	};
};

export const createLateFile = (): LateFile => {
	const hold = createHold();
	let stream: WriteStream | undefined;
	return {
		output: new Writable({
			write(chunk: Buffer, _encoding, done) {
				hold.add(chunk);
				if (stream) {
					// What a full disk has no room for is dropped.
					stream.write(chunk, () => {
						done();
					});
				} else {
					done();
				}
			},
			final(done) {
				if (stream) {
					stream.end(() => {
						done();
					});
				} else {
					done();
				}
			},
		}),
		async keep(name, {isReplacing = false, lost}) {
			hold.refuseTooLong();
			const opened = createWriteStream(name, {fd: openSync(name, isReplacing ? 'w' : 'wx', ownerOnly)});
			opened.on('error', ({message}) => {
				if (stream !== opened) {
					return;
				}

				stream = undefined;
				lost(message);
			});
			try {
				await hold.copy(opened);
				hold.refuseTooLong();
			} catch (error) {
				opened.destroy();
				await removeRemains(name);
				throw error;
			}

			stream = opened;
		},
	};
};
