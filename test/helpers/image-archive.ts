import {createHash} from 'node:crypto';
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {gzipSync} from 'node:zlib';
import {runCommand} from '../../src/access/run.ts';

const hashOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** Writes an image archive with this layer below a directory. Resolves with its name. */
export const makeImageArchive = async (directory: string, layer: Uint8Array): Promise<string> => {
	const parts = path.join(directory, 'image-parts');
	mkdirSync(parts);
	const config = JSON.stringify({architecture: 'amd64', rootfs: {diff_ids: [`sha256:${hashOf(layer)}`]}});
	const files = {'manifest.json': JSON.stringify([{Config: `${hashOf(config)}.json`, RepoTags: ['test/debug:1'], Layers: ['layer.tar.gz']}]), [`${hashOf(config)}.json`]: config, 'layer.tar.gz': gzipSync(layer)};
	for (const [name, content] of Object.entries(files)) {
		writeFileSync(path.join(parts, name), content);
	}

	const archive = path.join(directory, 'image-archive.tar');
	const made = await runCommand(['tar', '--create', '--format=ustar', '--file', archive, '--directory', parts, ...Object.keys(files)]);
	if (made.exitCode !== 0) {
		throw new Error(made.stderr);
	}

	return archive;
};
