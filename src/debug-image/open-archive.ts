import {createHash} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {gunzipSync} from 'node:zlib';
import {UserFacingError} from '../user-facing-error.ts';
import {findArchive} from './find-archive.ts';
import {readTar} from './read-tar.ts';

/** An image in one file, as `docker save` writes it, with a single layer. */
export type ImageArchive = {
	/** Where it came from, for a person. */
	readonly origin: string;
	readonly name: string;
	/** As Go and container images call it, such as amd64. */
	readonly architecture: string;
	/** Of the configuration, by which runtimes know the image: sha256:HEX. */
	readonly digest: string;
	readonly bytes: Uint8Array;
	/** The root file system, as a gzipped tar. */
	readonly layer: Uint8Array;
};

/** The SHA-256 of some bytes, in hexadecimal digits. */
export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

type Manifest = ReadonlyArray<{readonly Config: string; readonly RepoTags: readonly string[]; readonly Layers: readonly string[]}>;
type Config = {readonly architecture: string; readonly rootfs: {readonly diff_ids: readonly string[]}};

const readJson = (bytes: Uint8Array | undefined): unknown => {
	try {
		return JSON.parse(new TextDecoder().decode(bytes));
	} catch {
		return undefined;
	}
};

const refuse = (origin: string, because: string): UserFacingError =>
	new UserFacingError(`the image archive ${origin} is damaged: ${because}`, 'copy it again and compare its size; or make it anew: hairpin image build');

const plainHash = (layer: Uint8Array): string | undefined => {
	try {
		return hashOf(gunzipSync(layer));
	} catch {
		return undefined;
	}
};

type Parts = {readonly manifest: Manifest[number]; readonly configBytes: Uint8Array; readonly layer: Uint8Array};

const findParts = (bytes: Uint8Array): Parts | undefined => {
	const files = readTar(bytes);
	const manifest = (readJson(files?.get('manifest.json')) as Manifest | undefined)?.at(0);
	const configBytes = files?.get(manifest?.Config ?? '');
	const layer = files?.get(manifest?.Layers[0] ?? '');
	return manifest && configBytes && layer && {manifest, configBytes, layer};
};

/** Reads an archive and checks every part of it against the hash by which the next one names it. */
export const readArchive = (bytes: Uint8Array, origin: string): ImageArchive => {
	const parts = findParts(bytes);
	if (parts === undefined) {
		throw refuse(origin, 'it ends early, or is no image archive');
	}

	const {manifest, configBytes, layer} = parts;
	const config = readJson(configBytes) as Config | undefined;
	if (config === undefined || `${hashOf(configBytes)}.json` !== manifest.Config || `sha256:${plainHash(layer) ?? ''}` !== config.rootfs.diff_ids[0]) {
		throw refuse(origin, 'its parts are not what they should be');
	}

	return {
		origin, name: manifest.RepoTags[0], architecture: config.architecture, digest: `sha256:${hashOf(configBytes)}`, bytes, layer,
	};
};

/** The debug image that this hairpin carries, lies beside it, or was named; undefined where there is none. */
export const openArchive = async (file?: string): Promise<ImageArchive | undefined> => {
	const found = await findArchive(file);
	if (found === undefined) {
		return undefined;
	}

	return readArchive('bytes' in found ? found.bytes : await readFile(found.file), found.origin);
};
