import {createHash} from 'node:crypto';
import {
	mkdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {constants, zstdCompressSync} from 'node:zlib';
import {archiveName, findArchive} from '../src/debug-image/find-archive.ts';
import {root} from './common-options.ts';
import {makeBundle} from './make-bundle.ts';
import {makeExecutable} from './make-executable.ts';
import {archiveKinds, formatKrew, makeArchive} from './make-krew.ts';
import {makePty} from './make-pty.ts';
import {type Target, ownTarget, whyNotHere} from './targets.ts';

const out = path.join(root, 'dist');
const bundle = path.join(out, 'hairpin.mjs');
const executable = path.join(out, 'hairpin');

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

/** Tells the size of a file, also as distributions compress their packages, and returns its line for sha256sum(1). */
const describe = (file: string): string => {
	const bytes = readFileSync(file);
	const compressed = zstdCompressSync(bytes, {params: {[constants.ZSTD_c_compressionLevel]: 9}});
	console.log(`${path.relative(root, file)}  ${megabytes(bytes.length)}, compressed ${megabytes(compressed.length)}`);
	return `${createHash('sha256').update(bytes).digest('hex')}  ${path.basename(file)}\n`;
};

const listAssets = async (): Promise<Readonly<Record<string, string>>> => {
	const archive = await findArchive();
	const script = path.join(out, 'node-pty.cjs');
	if (archive === undefined) {
		console.warn('build: the executable has no debug image in it; make that before: npm start -- image build');
	}

	return {...await makePty(script), ...(archive && 'file' in archive && {[archiveName]: archive.file})};
};

/** Makes the executable, and for a release its archives and krew's manifest, whose address is told by HAIRPIN_RELEASE_URL. Returns the files. */
const makeForThisMachine = async (): Promise<readonly string[]> => {
	makeExecutable(executable, bundle, await listAssets());
	rmSync(path.join(out, 'node-pty.cjs'), {force: true});
	const address = process.env.HAIRPIN_RELEASE_URL ?? '';
	if (address === '') {
		return [executable];
	}

	const archives = archiveKinds.map(kind => makeArchive(executable, ownTarget as Target, kind));
	writeFileSync(path.join(out, 'krew.yaml'), formatKrew(new Map([[ownTarget as Target, archives[0]]]), address));
	return [executable, ...archives];
};

const wanted = process.argv.length > 2 ? process.argv.slice(2) : [ownTarget];
mkdirSync(out, {recursive: true});
rmSync(executable, {force: true});
await makeBundle(bundle);
const made = [bundle];
for (const target of wanted) {
	const reason = whyNotHere(target);
	if (reason === undefined) {
		// eslint-disable-next-line no-await-in-loop
		made.push(...await makeForThisMachine());
	} else {
		console.warn(`build: no executable for ${target}: ${reason}`);
		process.exitCode = 2;
	}
}

writeFileSync(path.join(out, 'SHA256SUMS'), made.map(file => describe(file)).join(''));
