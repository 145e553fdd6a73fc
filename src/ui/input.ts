import {PassThrough} from 'node:stream';
import type {ReadStream} from 'node:tty';

/** Where the bytes from the keyboard go: to Ink as key presses, or as they are into a shell. */
export type Input = {
	readonly forInk: NodeJS.ReadStream;
	/** Gets all bytes from now on; undefined gives them back to Ink. */
	redirect(receive: ((text: string) => void) | undefined): void;
	close(): void;
};

/** Stands between the terminal and Ink, since a shell needs bytes that Ink would read as keys of ours. */
export const createInput = (stdin: ReadStream): Input => {
	const through = new PassThrough();
	let receiver: ((text: string) => void) | undefined;
	const pass = (chunk: string): void => {
		if (receiver) {
			receiver(chunk);
		} else {
			through.write(chunk);
		}
	};

	stdin.setEncoding('utf8');
	stdin.on('data', pass);
	stdin.pause();
	// A terminal that is gone reads as an error; its end is told by SIGHUP.
	stdin.on('error', () => undefined);
	const forInk = Object.assign(through, {
		isTTY: true,
		setRawMode(isRaw: boolean) {
			stdin.setRawMode(isRaw);
			if (isRaw) {
				stdin.resume();
			} else {
				stdin.pause();
			}
		},
		ref() {
			stdin.ref();
		},
		unref() {
			stdin.unref();
		},
	}) as unknown as NodeJS.ReadStream;
	return {
		forInk,
		redirect(receive) {
			receiver = receive;
		},
		close() {
			stdin.off('data', pass);
			stdin.pause();
		},
	};
};
