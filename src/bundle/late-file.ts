import {Buffer} from 'node:buffer';
import {createWriteStream, openSync, type WriteStream} from 'node:fs';
import {Writable} from 'node:stream';
import {ownerOnly} from './format.ts';

/** A file that is begun in memory, and is on disk from when somebody wants it. */
export type LateFile = {
	readonly output: Writable;
	/** Writes what there is into a new file, and from then on whatever comes; `lost` is told why that ended early. Rejects where it cannot be written, also where there is such a file already. */
	keep(name: string, lost: (because: string) => void): Promise<void>;
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

/** What is written before somebody wants it. */
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
		/** Moves all of it into the stream, also what is added meanwhile. */
		async empty(stream: WriteStream): Promise<void> {
			while (held.length > 0) {
				const count = held.length;
				await write(stream, Buffer.concat(held)); // eslint-disable-line no-await-in-loop
				held.splice(0, count);
			}
		},
		get isTooLong(): boolean {
			return total > longestBytes;
		},
	};
};

export const createLateFile = (): LateFile => {
	const hold = createHold();
	let stream: WriteStream | undefined;
	return {
		output: new Writable({
			write(chunk: Buffer, _encoding, done) {
				if (stream) {
					// What a full disk has no room for is dropped.
					stream.write(chunk, () => {
						done();
					});
				} else {
					hold.add(chunk);
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
		async keep(name, lost) {
			if (hold.isTooLong) {
				throw new Error(`it became longer than ${longestBytes / 1_000_000} MB`);
			}

			const opened = createWriteStream(name, {fd: openSync(name, 'wx', ownerOnly)});
			opened.on('error', ({message}) => {
				if (stream === opened) {
					lost(message);
				}
			});
			await hold.empty(opened);
			stream = opened;
		},
	};
};
