import {Buffer} from 'node:buffer';
import {
	type Outcome,
	type Question,
	type RecordedLine,
} from '../access/recording.ts';
import type {AddressMap} from './address-map.ts';
import {decodePart} from './decode-part.ts';
import {joinLines} from './join-text.ts';
import {hideComments} from './redact-comments.ts';
import {redactObject} from './redact-object.ts';
import {redactWords} from './redact-words.ts';
import {createCaptureRewriter} from './rewrite-capture.ts';

export type LineTools = {
	readonly text: (text: string) => string;
	readonly addresses: AddressMap;
	/** Replaces payload, the same by the same. */
	readonly hide: (bytes: Uint8Array) => Uint8Array;
};

type Bytes = Extract<Outcome, {kind: 'bytes'}>;
type BytesLine = Extract<RecordedLine, {came: Outcome}> & {readonly came: Bytes};

/** A request as the redacted session sends it: the words of its query are redacted as they are meant, not as they are written. */
const redactPath = (path: string, text: (text: string) => string): string => {
	const [way, query] = path.split('?', 2);
	const parts = (query ?? '').split('&').map(part => {
		const [name, value] = part.split('=', 2);
		return value === undefined ? name : `${name}=${encodeURIComponent(text(decodePart(value)))}`;
	});
	return query === undefined ? text(way) : `${text(way)}?${parts.join('&')}`;
};

const redactAsked = (asked: Question, text: (text: string) => string): Question => {
	if (asked.kind === 'kubectl') {
		return {...asked, path: redactPath(asked.path, text)};
	}

	if (asked.kind === 'connect') {
		return {...asked, node: text(asked.node)};
	}

	return asked.kind === 'namespace'
		? asked
		: {
			...asked,
			point: Object.fromEntries(Object.entries(asked.point).map(([key, value]) => [key, key === 'kind' ? value : text(value)])) as typeof asked.point,
			script: text(asked.script),
			args: asked.args.map(word => text(word)),
		};
};

const redactCame = (came: Outcome, text: (text: string) => string): Outcome => {
	switch (came.kind) {
		case 'kubectl': {
			return {...came, answer: came.answer.ok ? {ok: true, value: redactObject(came.answer.value, text)} : redactWords(came.answer, text, ['kind'])};
		}

		case 'run': {
			return {...came, answer: redactWords(came.answer, said => text(hideComments(said)), [])};
		}

		case 'bytes': {
			return came;
		}

		case 'namespace':
		case 'connect':
		case 'opened':
		case 'ended': {
			return redactWords(came, text, ['kind', 'way']);
		}
	}
};

const streamOf = ({world, id}: RecordedLine, from: string): string => JSON.stringify([world, id, from]);

const isBytes = (line: RecordedLine): line is BytesLine => 'came' in line && line.came.kind === 'bytes';

const withBytes = (line: BytesLine, bytes: Uint8Array): RecordedLine => ({...line, came: {...line.came, base64: Buffer.from(bytes).toString('base64')}});

/** What streams brought, which came in pieces: standard output of a capture is packets, all else text. */
const redactStreams = (lines: readonly RecordedLine[], {text, addresses, hide}: LineTools): ReadonlyMap<RecordedLine, RecordedLine> => {
	const captures = new Set(lines.filter(line => 'asked' in line && line.asked.kind === 'stream' && line.asked.script === 'capture').map(line => streamOf(line, 'stdout')));
	const redacted = new Map<RecordedLine, RecordedLine>();
	for (const [stream, pieces] of Map.groupBy(lines.filter(line => isBytes(line)), line => streamOf(line, line.came.from))) {
		const rewrite = createCaptureRewriter(addresses, hide);
		const texts = captures.has(stream) ? [] : joinLines(pieces.map(({came}) => came));
		for (const [index, line] of pieces.entries()) {
			redacted.set(line, withBytes(line, captures.has(stream) ? rewrite(Buffer.from(line.came.base64, 'base64')) : Buffer.from(text(texts[index]))));
		}
	}

	return redacted;
};

/** A recording with pseudonyms in all that was asked and answered. */
export const redactLines = (lines: readonly RecordedLine[], tools: LineTools): readonly RecordedLine[] => {
	const {text} = tools;
	const streams = redactStreams(lines, tools);
	return lines.map(line => {
		const {id, atMs} = line;
		const world = text(line.world);
		const redacted = streams.get(line);
		if (redacted) {
			return {...redacted, world};
		}

		return 'asked' in line
			? {
				world, id, atMs, asked: redactAsked(line.asked, text),
			}
			: {
				world, id, atMs, came: redactCame(line.came, text),
			};
	});
};
