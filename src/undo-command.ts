import {
	type Entry,
	isOpen,
	readEntries,
	withNode,
	writeEntry,
} from './changes/journal.ts';
import {lockNodes} from './changes/lock.ts';
import {askProgram} from './changes/node-program.ts';
import {type NodeUndone, undoChange} from './changes/undo.ts';
import type {Output} from './check-command.ts';
import {createKubectl} from './cluster/kubectl.ts';
import {type Consent, giveConsent} from './consent.ts';
import {isAnsweredYes} from './fix/is-answered-yes.ts';
import {type Hands, createHands} from './fix/hands.ts';
import type {UndoOptions} from './options.ts';
import {formatChangeNews, formatJournal} from './report/fix-text.ts';
import {stampLine, tellProgress} from './report/progress.ts';
import {UserFacingError} from './user-facing-error.ts';

const findEntry = (entries: readonly Entry[], id: string | undefined): Entry => {
	if (id === undefined) {
		const last = entries.findLast(entry => isOpen(entry));
		if (!last) {
			throw new UserFacingError('no change that was made from here is in force', 'see all of them: hairpin undo --list');
		}

		return last;
	}

	const entry = entries.find(candidate => candidate.id === id);
	if (!entry) {
		throw new UserFacingError(`the journal has no change ${id}`, 'see them: hairpin undo --list; it is kept where XDG_STATE_HOME says, by the user who made the change');
	}

	return entry;
};

/** What was said now beats what the journal remembers. */
const accessOptions = (options: UndoOptions, {access, nodes, watched = []}: Entry) => ({
	...options,
	kubeconfig: options.kubeconfig ?? access.kubeconfig,
	context: options.context ?? access.context,
	namespace: undefined,
	via: options.via ?? access.via,
	destinations: new Map([...access.destinations.map(([node, destination]) => [node, destination ?? undefined] as const), ...options.destinations]),
	sshConfig: options.sshConfig ?? access.sshConfig,
	image: options.image ?? access.image,
	pullSecret: options.pullSecret ?? access.pullSecret,
	debugNamespace: options.debugNamespace ?? access.debugNamespace,
	addresses: new Map([...nodes, ...watched].map(({node, address}) => [node, address])),
});

const openHands = (options: UndoOptions, entry: Entry, consent: Consent, output: Output) => {
	const reach = accessOptions(options, entry);
	const kubectl = createKubectl(reach);
	const hands = createHands({
		options: reach,
		kubectl,
		addressOf: node => reach.addresses.get(node),
		tell: tellProgress(output.warn),
		consent,
		question: () => ({vip: '', endpointIps: []}),
	});
	return {kubectl, hands};
};

const touchedNodes = ({nodes}: Entry): readonly string[] => nodes.filter(({progress}) => progress !== 'planned' && progress !== 'undone').map(({node}) => node);

/** Only nodes that answer can be locked; the others are told when they are undone. */
const connectAll = async (hands: Hands, nodes: readonly string[]): Promise<readonly string[]> => {
	const connections = await Promise.all(nodes.map(async node => ({node, connection: await hands.access.connect(node)})));
	return connections.filter(({connection}) => connection.ok).map(({node}) => node);
};

const explainProblems = (entry: Entry, problems: readonly NodeUndone[], output: Output): UserFacingError => {
	for (const {node, difference} of problems) {
		for (const line of difference) {
			output.warn(`${node}: ${line}`);
		}
	}

	return new UserFacingError(problems.map(({node, problem}) => `${node}: ${problem ?? ''}`).join('; '), `what can be put back was; repair the rest by hand, or run it again: hairpin undo ${entry.id}`);
};

/** Puts one change back; throws `UserFacingError` where some of it is left. */
export const undoEntry = async (options: UndoOptions, entry: Entry, consent: Consent, output: Output): Promise<void> => {
	const {kubectl, hands} = openHands(options, entry, consent, output);
	try {
		const locks = await lockNodes(hands.access, await connectAll(hands, touchedNodes(entry)));
		try {
			const {problems} = await undoChange(entry, {
				consent,
				kubectl,
				access: hands.access,
				renew: hands.renew,
				readNode: hands.readNode,
				tell(news) {
					output.warn(stampLine(performance.now(), formatChangeNews(news)));
				},
			});
			if (problems.length > 0) {
				throw explainProblems(entry, problems, output);
			}
		} finally {
			await locks.release();
		}
	} finally {
		await hands.close();
	}
};

const keepEntry = async (options: UndoOptions, entry: Entry, consent: Consent, output: Output): Promise<void> => {
	const {hands} = openHands(options, entry, consent, output);
	try {
		const nodes = touchedNodes(entry);
		await connectAll(hands, nodes);
		const answers = await Promise.all(nodes.map(async node => ({node, heard: await askProgram(hands.access, node, 'keep', entry.id)})));
		const gone = answers.filter(({heard}) => heard.lines.every(({word}) => word !== 'kept')).map(({node}) => node);
		if (gone.length > 0) {
			await writeEntry(gone.reduce((kept, node) => withNode(kept, node, 'undone'), entry)); // eslint-disable-line unicorn/no-array-reduce
			throw new UserFacingError(`it is in force no more on ${gone.join(', ')}`, 'the time was over; make the change again');
		}

		await writeEntry({...entry, until: undefined});
	} finally {
		await hands.close();
	}
};

/** Every change that was made from here, as a table. */
export const listChanges = async (): Promise<string> => formatJournal(await readEntries());

/** `hairpin undo` and `hairpin keep`. Resolves with the exit code. */
export const undo = async (options: UndoOptions, output: Output, signal: AbortSignal): Promise<number> => {
	if (options.isList) {
		output.write(await listChanges());
		return 0;
	}

	const entry = findEntry(await readEntries(), options.id);
	if (options.command === 'keep') {
		await keepEntry(options, entry, giveConsent(options), output);
		output.write(`${entry.id} is kept: ${entry.title}\n`);
		return 0;
	}

	output.warn(formatJournal([entry]));
	const isAgreed = options.isAgreed || (!options.isReadOnly && await isAnsweredYes('put this back?', signal));
	await undoEntry(options, entry, giveConsent({isAgreed, isReadOnly: options.isReadOnly}), output);
	output.write(`undone: ${entry.title}\n`);
	return 0;
};
