import type {Stream} from './access.ts';

export type OpenedStream = {readonly stream: Stream} | {readonly because: string};

/** A stream that is there before what it comes from is open. Where that fails, it says `hairpin: problem WHY` on its standard error, as our scripts do. */
export const deferStream = (command: string, opening: Promise<OpenedStream>): Stream => {
	const act = async (what: (stream: Stream) => void): Promise<void> => {
		const result = await opening;
		if ('stream' in result) {
			what(result.stream);
		}
	};

	const read = async function * (name: 'stdout' | 'stderr'): AsyncIterable<Uint8Array> {
		const result = await opening;
		if ('stream' in result) {
			yield * result.stream[name];
		} else if (name === 'stderr') {
			yield new TextEncoder().encode(`hairpin: problem ${result.because}\n`);
		}
	};

	return {
		command,
		stdout: read('stdout'),
		stderr: read('stderr'),
		finish() {
			void act(stream => {
				stream.finish();
			});
		},
		kill(signal = 'SIGTERM') {
			void act(stream => {
				stream.kill(signal);
			});
		},
		ended: (async () => {
			const result = await opening;
			return 'stream' in result ? result.stream.ended : {exitCode: undefined, because: result.because};
		})(),
	};
};
