import type {KubectlAnswer} from '../cluster/kubectl.ts';
import {
	type Answer,
	type Connection,
	type Point,
	type Script,
	pointLabel,
} from './access.ts';

/** What was asked, without the text of the script. */
export type Question =
	| {readonly kind: 'namespace'}
	| {readonly kind: 'kubectl'; readonly path: string}
	| {readonly kind: 'connect'; readonly node: string}
	| {readonly kind: 'run' | 'stream'; readonly point: Point; readonly script: string; readonly args: readonly string[]};

/** What came back: one answer, or for a stream bytes until its end. Bytes are in base64. */
export type Outcome =
	| {readonly kind: 'namespace'; readonly namespace: string}
	| {readonly kind: 'kubectl'; readonly answer: KubectlAnswer}
	| {readonly kind: 'connect'; readonly connection: Connection}
	/** We lost interest before the answer came: nothing after that is the point's own word. */
	| {readonly kind: 'run'; readonly answer: Answer; readonly wasAborted: boolean}
	| {readonly kind: 'opened'; readonly command: string}
	| {readonly kind: 'bytes'; readonly from: 'stdout' | 'stderr'; readonly base64: string; readonly wasFinished: boolean}
	| {readonly kind: 'ended'; readonly exitCode?: number; readonly because?: string; readonly wasFinished: boolean};

/** One line of a recording. `world` names the state of the cluster that it belongs to, `id` the question, `atMs` counts from the start. */
export type RecordedLine = {readonly world: string; readonly id: number; readonly atMs: number} & (
	| {readonly asked: Question}
	| {readonly came: Outcome}
);

/** The question that a script asks at a point. A script without a name is told by its first line. */
export const describeQuestion = (kind: 'run' | 'stream', point: Point, {name, text, args}: Script): Question =>
	({
		kind, point, script: name ?? text.split('\n', 1)[0].slice(0, 100), args,
	});

/** The same for the same question. */
export const keyOf = (question: Question): string => ('point' in question
	? JSON.stringify([question.kind, question.point.kind, pointLabel(question.point), question.script, question.args])
	: JSON.stringify(question));
