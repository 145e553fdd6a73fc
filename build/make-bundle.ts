import {Buffer} from 'node:buffer';
import {chmodSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {build} from 'esbuild';
import {commandLine, commentMark, sections} from './bundle-format.ts';
import {commonOptions, root} from './common-options.ts';
import {findCommands, makeParts, requireFromOutside} from './make-parts.ts';
import {makePayload} from './make-payload.ts';
import {pack, packRecordings} from './pack-recordings.ts';

/** The text of the program that loads the rest, which is this payload. */
const makeOpening = async (payload: unknown): Promise<string> => {
	const {outputFiles} = await build({
		...commonOptions,
		entryPoints: [path.join(root, 'build/opening.ts')],
		write: false,
		// A template could hold the mark with a line break of its own.
		supported: {'template-literal': false},
		banner: {js: '#!/usr/bin/env node'},
		// An import statement for a module of Node's loads all that it could be asked for, which takes a quarter of the time of an empty run.
		define: {...commonOptions.define, HAIRPIN_PAYLOAD: JSON.stringify(payload), hairpinRequire: 'process.getBuiltinModule'},
		plugins: [requireFromOutside],
	});
	const text = outputFiles[0].text.trimEnd();
	if (text.includes(commentMark)) {
		throw new Error('the opening of the bundle has the mark in it that the payload begins with');
	}

	return text;
};

/** Makes one file of hairpin and its libraries. The same sources give the same bytes. */
export const makeBundle = async (file: string): Promise<void> => {
	const {payload, bytes} = makePayload({
		[sections.commandLine]: await makeParts([commandLine]),
		[sections.commands]: pack(await makeParts(findCommands())),
		[sections.recordings]: packRecordings(),
	});
	writeFileSync(file, Buffer.concat([Buffer.from(await makeOpening(payload)), bytes]));
	chmodSync(file, 0o755);
};
