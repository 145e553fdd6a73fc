import type {Command} from 'commander';
import {
	type AccessFlags,
	type AccessOptions,
	type ClusterFlags,
	type ClusterOptions,
	addAccessOptions,
	addClusterOptions,
	readAccessFlags,
	readClusterFlags,
} from './common.ts';
import {addReadOnlyOption} from './fix.ts';

export type UndoOptions = ClusterOptions & AccessOptions & {
	readonly command: 'undo' | 'keep';
	/** Of the journal; undefined for the last one that is in force, or with --list. */
	readonly id: string | undefined;
	readonly isList: boolean;
	readonly isAgreed: boolean;
	readonly isReadOnly: boolean;
};

type UndoFlags = ClusterFlags & AccessFlags & {
	readonly list?: true;
	readonly last?: true;
	readonly yes?: true;
	readonly readOnly?: true;
};

const readUndo = (command: Command, name: UndoOptions['command'], id: string | undefined, flags: UndoFlags): UndoOptions => {
	if (id === undefined && flags.last !== true && flags.list !== true) {
		command.error('error: missing required argument \'id\': one of hairpin undo --list, or --last');
	}

	return {
		command: name,
		id,
		isList: flags.list === true,
		isAgreed: flags.yes === true,
		isReadOnly: flags.readOnly === true,
		...readClusterFlags(flags),
		...readAccessFlags(flags),
	};
};

export const describeUndo = (program: Command, done: (options: UndoOptions) => void): void => {
	const undo = program.command('undo')
		.summary('put back what hairpin changed')
		.description('Puts a change back as it was, from what was kept on the nodes: from any directory, after a crash. What somebody else changed since is left alone, and shown.')
		.argument('[id]', 'the change; see --list')
		.option('--list', 'list the changes that were made from here')
		.option('--last', 'the last one that is still in force')
		.option('--yes', 'do it without asking');
	addReadOnlyOption(addAccessOptions(addClusterOptions(undo)))
		.action((id: string | undefined, flags: UndoFlags) => {
			done(readUndo(undo, 'undo', id, flags));
		});
	const keep = program.command('keep')
		.summary('keep a change that was made with --for')
		.description('Stops the nodes from undoing a change that was made with --for.')
		.argument('[id]', 'the change; see hairpin undo --list')
		.option('--last', 'the last one that is still in force');
	addReadOnlyOption(addAccessOptions(addClusterOptions(keep)))
		.action((id: string | undefined, flags: UndoFlags) => {
			done({...readUndo(keep, 'keep', id, flags), isAgreed: true});
		});
};
