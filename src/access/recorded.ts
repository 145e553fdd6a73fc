import {Buffer} from 'node:buffer';
import type {Kubectl, KubectlAnswer} from '../cluster/kubectl.ts';
import {kubectlFailure} from '../cluster/kubectl-failure.ts';
import type {
	Access,
	Answer,
	Connection,
	Stream,
} from './access.ts';
import {createByteQueue} from './byte-queue.ts';
import {
	type Outcome,
	type Question,
	type RecordedLine,
	describeQuestion,
	keyOf,
} from './recording.ts';
import {type ReplayOrder, createReplayOrder} from './replay-order.ts';

const because = 'the recording ends before this was answered';
const tryThis = 'record it again: hairpin check … --bundle FILE';

/** Resolves with the one outcome of a question, or with undefined where the recording has none. */
const askOnce = async (order: ReplayOrder, question: Question, signal?: AbortSignal): Promise<Outcome | undefined> => new Promise(resolve => {
	order.ask(keyOf(question), {
		receive: resolve,
		isAborted: () => signal?.aborted === true,
		dry() {
			resolve(undefined);
		},
		isFinished: false,
	});
	signal?.addEventListener('abort', () => {
		order.stir();
	}, {once: true});
});

const askStream = (order: ReplayOrder, question: Question): Stream => {
	const output = {stdout: createByteQueue(), stderr: createByteQueue()};
	const {promise: ended, resolve} = Promise.withResolvers<Awaited<Stream['ended']>>();
	const end = (result: Awaited<Stream['ended']>): void => {
		output.stdout.end();
		output.stderr.end();
		resolve(result);
	};

	const asking = {
		isFinished: false,
		isAborted: () => false,
		receive(outcome: Outcome) {
			if (outcome.kind === 'bytes') {
				output[outcome.from].push(Buffer.from(outcome.base64, 'base64'));
			} else if (outcome.kind === 'ended') {
				end({exitCode: outcome.exitCode, because: outcome.because});
			}
		},
		dry() {
			end({exitCode: undefined, because});
		},
	};
	order.ask(keyOf(question), asking);

	const finish = (): void => {
		asking.isFinished = true;
		order.stir();
	};

	return {
		command: 'recorded', stdout: output.stdout.bytes, stderr: output.stderr.bytes, finish, kill: finish, ended,
	};
};

const createRecordedAccess = (order: ReplayOrder): Access => ({
	async connect(node): Promise<Connection> {
		const outcome = await askOnce(order, {kind: 'connect', node});
		return outcome?.kind === 'connect' ? outcome.connection : {ok: false, because, tryThis};
	},
	async run(point, script, options): Promise<Answer> {
		const outcome = await askOnce(order, describeQuestion('run', point, script), options?.signal);
		const unknown: Answer = {
			ok: false, command: 'recorded', because, tryThis,
		};
		return outcome?.kind === 'run' ? outcome.answer : unknown;
	},
	stream: (point, script) => askStream(order, describeQuestion('stream', point, script)),
	change() {
		throw new Error('a recording cannot be changed');
	},
	close: async () => undefined,
});

const createRecordedKubectl = (order: ReplayOrder): Kubectl => {
	let requests = 0;
	return {
		async getRaw(path): Promise<KubectlAnswer> {
			requests++;
			const outcome = await askOnce(order, {kind: 'kubectl', path});
			return outcome?.kind === 'kubectl' ? outcome.answer : kubectlFailure('timeout', because, tryThis);
		},
		async currentNamespace() {
			const outcome = await askOnce(order, {kind: 'namespace'});
			return outcome?.kind === 'namespace' ? outcome.namespace : 'default';
		},
		get requests() {
			return requests;
		},
	};
};

/** One world of a recording, the first where none is named, as ways to look. `speed` divides real time; Infinity waits for nothing; after `signal` nothing is answered. */
export const replay = (lines: readonly RecordedLine[], speed: number, world = lines.at(0)?.world, signal?: AbortSignal): {readonly access: Access; readonly kubectl: Kubectl} => {
	const order = createReplayOrder(lines.filter(line => line.world === world), speed, signal);
	return {access: createRecordedAccess(order), kubectl: createRecordedKubectl(order)};
};
