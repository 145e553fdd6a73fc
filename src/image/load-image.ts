import {readFileSync} from 'node:fs';
import type {Access, Script} from '../access/access.ts';
import {upload} from '../access/upload.ts';
import {cleanLine} from '../clean.ts';
import {type ImageArchive, hashOf} from '../debug-image/open-archive.ts';

const loadText = readFileSync(new URL('load.sh', import.meta.url), 'utf8');

/** What a node's container runtime says of an image. */
export type NodeImage =
	/** `digest` is undefined where it has not this image. */
	| {readonly ok: true; readonly runtime: string; readonly digest: string | undefined}
	| {readonly ok: false; readonly because: string; readonly tryThis: string};

const tryThis = 'see what the node says: ssh NODE; is its disk full?';

const interpret = (stdout: string, stderr: string, exitCode: number | undefined, because: string | undefined): NodeImage => {
	const value = (key: string): string | undefined => new RegExp(`^@@${key} (?<value>.*)$`, 'mv').exec(stdout)?.groups?.value;
	const problem = /^hairpin: problem (?<because>.*)$/mv.exec(stderr)?.groups?.because;
	const digest = value('has');
	if (exitCode !== 0 || digest === undefined) {
		return {ok: false, because: cleanLine(problem ?? because ?? 'the connection ended early'), tryThis};
	}

	return {ok: true, runtime: cleanLine(value('runtime') ?? ''), digest: digest === 'none' ? undefined : cleanLine(digest)};
};

const scriptOf = (verb: 'load' | 'list', name: string, archive?: ImageArchive): Script => ({
	text: loadText,
	args: [verb, name, ...(archive ? [String(archive.bytes.length), hashOf(archive.bytes), archive.architecture] : ['0', '', ''])],
});

/** Puts the image into a node's container runtime, without a registry. `tell` gets how many bytes are on their way. */
export const loadImage = async (access: Access, node: string, archive: ImageArchive, tell: (sent: number) => void): Promise<NodeImage> => {
	const {stdout, stderr, exitCode, because} = await upload(access, {kind: 'node', node}, scriptOf('load', archive.name, archive), archive.bytes, tell);
	return interpret(stdout, stderr, exitCode, because);
};

/** Whether a node has an image. */
export const findImage = async (access: Access, node: string, name: string): Promise<NodeImage> => {
	const answer = await access.run({kind: 'node', node}, scriptOf('list', name), {timeoutMs: 30_000});
	return answer.ok ? interpret(answer.stdout, answer.stderr, answer.exitCode, undefined) : {ok: false, because: answer.because, tryThis: answer.tryThis};
};
