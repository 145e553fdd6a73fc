import {Buffer} from 'node:buffer';
import type {Kubectl} from '../cluster/kubectl.ts';
import type {Access, Script, Stream} from './access.ts';
import {
	type Outcome,
	type Question,
	type RecordedLine,
	describeQuestion,
} from './recording.ts';

export type RecorderTools = {
	readonly world: string;
	/** Milliseconds since the start. */
	readonly now: () => number;
	readonly write: (line: RecordedLine) => void;
};

/** Keeps every question and every answer as it came. */
export type Recorder = {
	access(access: Access): Access;
	kubectl<Reader extends Kubectl>(kubectl: Reader): Reader;
};

type Came = (outcome: Outcome) => void;

const recordStream = (stream: Stream, came: Came): Stream => {
	let wasFinished = false;
	const read = async function * (from: 'stdout' | 'stderr'): AsyncIterable<Uint8Array> {
		for await (const chunk of stream[from]) {
			came({
				kind: 'bytes', from, base64: Buffer.from(chunk).toString('base64'), wasFinished,
			});
			yield chunk;
		}
	};

	came({kind: 'opened', command: stream.command});
	return {
		command: stream.command,
		stdout: read('stdout'),
		stderr: read('stderr'),
		finish() {
			wasFinished = true;
			stream.finish();
		},
		kill(signal) {
			wasFinished = true;
			stream.kill(signal);
		},
		ended: (async () => {
			const end = await stream.ended;
			came({kind: 'ended', ...end, wasFinished});
			return end;
		})(),
	};
};

const recordKubectl = <Reader extends Kubectl>(kubectl: Reader, ask: (asked: Question) => Came): Reader => ({
	...kubectl,
	get requests() {
		return kubectl.requests;
	},
	async getRaw(path) {
		const came = ask({kind: 'kubectl', path});
		const answer = await kubectl.getRaw(path);
		came({kind: 'kubectl', answer});
		return answer;
	},
	async currentNamespace() {
		const came = ask({kind: 'namespace'});
		const namespace = await kubectl.currentNamespace();
		came({kind: 'namespace', namespace});
		return namespace;
	},
});

/** A recorder that hands every line to `write` at the moment it happens. */
export const createRecorder = ({world, now, write}: RecorderTools): Recorder => {
	let count = 0;
	const ask = (asked: Question): Came => {
		const id = count++;
		write({
			world, id, atMs: now(), asked,
		});
		return came => {
			write({
				world, id, atMs: now(), came,
			});
		};
	};

	const recordRun = (access: Access): Access['run'] => async (point, script, options) => {
		const came = ask(describeQuestion('run', point, script));
		const answer = await access.run(point, script, options);
		came({kind: 'run', answer, wasAborted: options?.signal?.aborted === true});
		return answer;
	};

	return {
		access: access => ({
			...access,
			async connect(node) {
				const came = ask({kind: 'connect', node});
				const connection = await access.connect(node);
				came({kind: 'connect', connection});
				return connection;
			},
			run: recordRun(access),
			stream: (point, script: Script) => recordStream(access.stream(point, script), ask(describeQuestion('stream', point, script))),
		}),
		kubectl: kubectl => recordKubectl(kubectl, ask),
	};
};
