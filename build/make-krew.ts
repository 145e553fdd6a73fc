import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {stringify} from 'yaml';
import {root, version} from './common-options.ts';
import {type Target, targets} from './targets.ts';

/** Krew unpacks the first kind alone; the second one is a quarter smaller. */
export const archiveKinds = ['tar.gz', 'tar.xz'] as const;

/** Puts an executable into an archive. The same executable gives the same bytes. */
export const makeArchive = (executable: string, target: Target, kind: typeof archiveKinds[number] = 'tar.gz'): string => {
	const archive = path.join(path.dirname(executable), `kubectl-hairpin-${targets[target].os}-${targets[target].arch}.${kind}`);
	execFileSync('tar', ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--auto-compress', '--create', '--file', archive, '-C', path.dirname(executable), path.basename(executable), '-C', root, 'LICENSE']);
	return archive;
};

/** The manifest by which `kubectl krew` installs what lies in these archives below an address. */
export const formatKrew = (archives: ReadonlyMap<Target, string>, address: string): string => stringify({
	apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
	kind: 'Plugin',
	metadata: {name: 'hairpin'},
	spec: {
		version: `v${version}`,
		shortDescription: 'Find out why a pod cannot reach a Service',
		description: 'Finds out, with packets captured on both ends as proof, why a pod cannot reach a Service; repairs it, verifies, and can undo.',
		platforms: [...archives].map(([target, archive]) => ({
			selector: {matchLabels: targets[target]},
			uri: `${address.replace(/\/$/v, '')}/${path.basename(archive)}`,
			sha256: createHash('sha256').update(readFileSync(archive)).digest('hex'),
			bin: 'hairpin',
			files: [{from: 'hairpin', to: '.'}, {from: 'LICENSE', to: '.'}],
		})),
	},
});
