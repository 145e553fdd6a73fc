import {defaultDebugNamespace} from './access/node-pod/manifest.ts';
import {createKubectl} from './cluster/kubectl.ts';
import type {Output} from './check-command.ts';
import type {SweepOptions} from './options.ts';
import {formatTable} from './report/table.ts';
import {findDirectories} from './sweep/find-directories.ts';
import {findObjects} from './sweep/find-objects.ts';
import type {Leftover} from './sweep/leftover.ts';

const incomplete = 2;

const formatLeftovers = (leftovers: readonly Leftover[]): string => formatTable(leftovers.map(({kind, name, detail, isInUse}) =>
	[kind, name, detail, isInUse ? 'in use' : 'left over'])).join('\n');

/** How many could not be removed. */
const removeAll = async (leftovers: readonly Leftover[], output: Output): Promise<number> => {
	let failures = 0;
	for (const {kind, name, command, remove} of leftovers) {
		// Pods go before their namespace.
		// eslint-disable-next-line no-await-in-loop
		const because = await remove();
		output.write(because === undefined ? `removed ${kind} ${name}\n` : `could not remove ${kind} ${name}: ${because}\n  try: ${command}\n`);
		failures += because === undefined ? 0 : 1;
	}

	return failures;
};

/** `hairpin sweep`: lists what sessions left, and removes it. Resolves with the exit code: 0 clean, 2 something is left or could not be looked for. */
export const sweep = async (options: SweepOptions, output: Output): Promise<number> => {
	const [{leftovers: objects, failures}, directories] = await Promise.all([
		findObjects(createKubectl(options), options.debugNamespace ?? defaultDebugNamespace),
		findDirectories(),
	]);
	for (const because of new Set(failures.map(failure => failure.because))) {
		output.warn(`the cluster could not be looked through: ${because}`);
	}

	const leftovers = [...objects, ...directories];
	output.write(leftovers.length === 0 ? 'nothing is left of any session\n' : `${formatLeftovers(leftovers)}\n`);
	const removable = leftovers.filter(({isInUse}) => options.isEverything || !isInUse);
	const failed = options.isDryRun ? 0 : await removeAll(removable, output);
	return failed === 0 && failures.length === 0 ? 0 : incomplete;
};
