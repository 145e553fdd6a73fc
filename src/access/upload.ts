import type {
	Access,
	Point,
	Script,
	Stream,
} from './access.ts';
import {startMarker} from './remote-script.ts';
import {readTail} from './run.ts';

const chunkBytes = 64 * 1024;

export type Uploaded = {readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string; readonly because?: string};

/** Passes standard error through, and tells when the script has been read: what is sent before could be read by its shell. */
const watchStart = (stream: Stream) => {
	const {promise: started, resolve} = Promise.withResolvers<boolean>();
	const read = async function * (): AsyncIterable<Uint8Array> {
		let text = '';
		for await (const chunk of stream.stderr) {
			text = `${text}${new TextDecoder().decode(chunk)}`.slice(-1000);
			if (text.includes(startMarker)) {
				resolve(true);
			}

			yield chunk;
		}

		resolve(false);
	};

	return {started, errors: readTail(read(), 10_000)};
};

/** Sends bytes to the standard input of a script that runs already, from its start on; `tell` gets how many are sent. */
export const sendBytes = async (stream: Stream, bytes: Uint8Array, tell: (sent: number) => void = () => undefined): Promise<void> => {
	for (let sent = 0; sent < bytes.length; sent += chunkBytes) {
		const chunk = bytes.subarray(sent, sent + chunkBytes);
		// eslint-disable-next-line no-await-in-loop
		await stream.send?.(chunk);
		tell(sent + chunk.length);
	}
};

/** Starts a script whose standard input is first these bytes. The input stays open, so that the script can wait for its end. */
export const startUpload = (access: Access, point: Point, script: Script, bytes: Uint8Array, tell?: (sent: number) => void) => {
	const stream = access.stream(point, script);
	const {started, errors} = watchStart(stream);
	const sent = (async () => {
		if (await started) {
			await sendBytes(stream, bytes, tell);
		}
	})();
	return {stream, sent, errors};
};

/** Runs a script with these bytes as its standard input, to its end. */
export const upload = async (access: Access, point: Point, script: Script, bytes: Uint8Array, tell?: (sent: number) => void): Promise<Uploaded> => {
	const {stream, sent, errors} = startUpload(access, point, script, bytes, tell);
	const output = readTail(stream.stdout, 100_000);
	await sent;
	stream.finish();
	const [stdout, stderr, {exitCode, because}] = await Promise.all([output, errors, stream.ended]);
	return {
		exitCode, stdout, stderr: stderr.replace(`${startMarker}\n`, ''), because,
	};
};
