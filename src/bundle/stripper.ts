import {Buffer} from 'node:buffer';
import {createHmac, randomBytes} from 'node:crypto';
import type {Outcome, RecordedLine} from '../access/recording.ts';
import {createPayloadStripper} from './strip-payload.ts';
import {stripObject, stripText} from './strip-secrets.ts';

type Bytes = Extract<Outcome, {kind: 'bytes'}>;

const withBytes = (came: Bytes, bytes: Uint8Array): Bytes => ({...came, base64: Buffer.from(bytes).toString('base64')});

const stripAnswer = (came: Outcome): Outcome => {
	if (came.kind === 'kubectl') {
		const {answer} = came;
		return {...came, answer: answer.ok ? {ok: true, value: stripObject(answer.value)} : answer};
	}

	if (came.kind === 'run' && came.answer.ok) {
		return {...came, answer: {...came.answer, stdout: stripText(came.answer.stdout), stderr: stripText(came.answer.stderr)}};
	}

	return came;
};

/** What must not be kept of an incident is taken out before it is written: secrets, what users write into objects, payload. */
export const createStripper = () => {
	const key = randomBytes(32);
	const hide = (bytes: Uint8Array): Uint8Array => createHmac('sha256', key).update(bytes).digest();
	const captures = new Map<string, (chunk: Uint8Array) => Uint8Array>();
	const stripLine = (line: RecordedLine): RecordedLine => {
		const stream = `${line.id} ${line.world}`;
		if ('asked' in line) {
			if (line.asked.kind === 'stream') {
				captures.set(stream, createPayloadStripper(hide));
			}

			return line;
		}

		const {came} = line;
		const strip = captures.get(stream);
		return strip && came.kind === 'bytes' && came.from === 'stdout'
			? {...line, came: withBytes(came, strip(Buffer.from(came.base64, 'base64')))}
			: {...line, came: stripAnswer(came)};
	};

	return {
		line: stripLine,
		/** For the chunks of one more capture. */
		capture: () => createPayloadStripper(hide),
	};
};
