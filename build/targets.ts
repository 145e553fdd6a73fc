import process from 'node:process';

/** The machines that executables are meant for, by Node's names, with what Kubernetes calls them. */
export const targets = {
	'linux-x64': {os: 'linux', arch: 'amd64'},
	'linux-arm64': {os: 'linux', arch: 'arm64'},
	'darwin-arm64': {os: 'darwin', arch: 'arm64'},
	'darwin-x64': {os: 'darwin', arch: 'amd64'},
} as const;

export type Target = keyof typeof targets;

export const ownTarget = `${process.platform}-${process.arch}`;

const canBuildHere = Number(process.versions.node.split('.', 1)[0]) >= 26;

/** Why an executable for a machine cannot be made by this Node; undefined where it can. */
export const whyNotHere = (target: string): string | undefined => {
	if (!(target in targets)) {
		return `hairpin is not made for it; it is made for ${Object.keys(targets).join(', ')}`;
	}

	if (target !== ownTarget) {
		return `it is a copy of Node for that machine with compiled parts for it, and this is ${ownTarget}: run npm run build there`;
	}

	// The Node project does not mean to repair it (nodejs/node issue 62893).
	if (target === 'darwin-x64') {
		return 'executables of Node crash when they start there: use the bundle';
	}

	return canBuildHere ? undefined : `that takes Node 26, and this is ${process.versions.node}`;
};
