import {readFileSync} from 'node:fs';
import {type ImageArchive, hashOf} from '../debug-image/open-archive.ts';
import {cleanLine} from '../clean.ts';
import type {Access, Script} from './access.ts';
import {startUpload} from './upload.ts';

const unpackText = readFileSync(new URL('unpack-tools.sh', import.meta.url), 'utf8');

/** All that our scripts call and a node may lack. */
const programs: readonly string[] = [
	'tcpdump',
	'nsenter',
	'ip',
	'bridge',
	'ipset',
	'ipvsadm',
	'conntrack',
	'nft',
	'iptables',
	'iptables-save',
	'iptables-legacy-save',
	'iptables-nft-save',
	'ip6tables',
	'ip6tables-save',
	'ip6tables-legacy-save',
	'ip6tables-nft-save',
	'curl',
	'nc',
	'bash',
	'timeout',
	'awk',
	'stat',
	'od',
];

export type Tools =
	/** `directory` goes onto the end of the path of our scripts there. */
	| {readonly ok: true; readonly directory: string; close(): Promise<void>}
	| {readonly ok: false; readonly because: string};

const scriptOf = ({layer, architecture}: ImageArchive): Script => ({
	text: unpackText, args: [String(layer.length), hashOf(layer), architecture, ...programs],
});

const readDirectory = async (stdout: AsyncIterable<Uint8Array>): Promise<string | undefined> => {
	let text = '';
	for await (const chunk of stdout) {
		text += new TextDecoder().decode(chunk);
		const directory = /^tools (?<directory>\/[\w\-.\/]+)\n/mv.exec(text)?.groups?.directory;
		if (directory !== undefined) {
			return directory;
		}
	}

	return undefined;
};

/** Unpacks the debug image's tools on a node, in a directory that goes when we do. */
export const bringTools = async (access: Access, node: string, archive: ImageArchive): Promise<Tools> => {
	const {stream, errors} = startUpload(access, {kind: 'node', node}, scriptOf(archive), archive.layer);
	const directory = await readDirectory(stream.stdout);
	if (directory === undefined) {
		stream.finish();
		const problem = /^hairpin: problem (?<because>.*)$/mv.exec(await errors)?.groups?.because;
		return {ok: false, because: cleanLine(problem ?? (await stream.ended).because ?? 'unpacking them ended early')};
	}

	return {
		ok: true,
		directory,
		async close() {
			stream.finish();
			await stream.ended;
		},
	};
};
