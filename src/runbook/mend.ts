import type {Entry} from '../changes/journal.ts';
import type {KubectlProgram} from '../cluster/kubectl.ts';
import {type Consent, giveConsent} from '../consent.ts';
import {explainUnmade, formatResult, isIdle} from '../fix-command.ts';
import {createFixSession} from '../fix/fix-session.ts';
import type {ChangeNews} from '../changes/change-news.ts';
import type {AccessOptions, ClusterOptions, FixOptions} from '../options.ts';
import {formatPreview} from '../report/fix-text.ts';
import type {SessionEvent, SessionState} from '../session-state.ts';
import {undoEntry} from '../undo-command.ts';

/** A change that was shown and not made yet. */
export type Shown = {
	/** What it would do, laid out for so many columns. */
	readonly preview: (columns: number) => string;
	/** Whether nothing is to be done. */
	readonly isIdle: boolean;
	/** Whether connections break. */
	readonly isCutting: boolean;
	make(consent: Consent): Promise<Made>;
	close(): Promise<void>;
};

export type Made = {readonly entry: Entry; readonly says: string; readonly after: SessionState | undefined};

/** Everything that a walk changes with: the steps of `hairpin fix` and `hairpin undo`. */
export type Mender = {
	/** `nodes`: all, concerned, or names with commas between. */
	show(id: string, nodes: string): Promise<Shown>;
	undo(entry: Entry, consent: Consent): Promise<void>;
};

export type MenderTools = {
	readonly options: ClusterOptions & AccessOptions & {
		readonly service: string | undefined; readonly from: string | undefined; readonly timeoutMs: number; readonly isAgreed: boolean; readonly isReadOnly: boolean;
	};
	readonly kubectl: KubectlProgram;
	readonly tellSession: (event: SessionEvent) => void;
	readonly tellChange: (news: ChangeNews) => void;
	readonly warn: (line: string) => void;
	readonly signal: AbortSignal;
};

const readNodes = (nodes: string): Pick<FixOptions, 'nodes' | 'isAllNodes'> =>
	({isAllNodes: nodes === 'all', nodes: ['all', 'concerned'].includes(nodes) ? [] : nodes.split(',').map(node => node.trim()).filter(node => node !== '')});

const composeOptions = ({options}: MenderTools, id: string, nodes: string): FixOptions & {readonly id: string} => ({
	...options, command: 'fix', id, ...readNodes(nodes), isDryRun: false, render: undefined, forSeconds: 0, isJson: false,
});

export const createMender = (tools: MenderTools): Mender => {
	const {options, kubectl, tellSession, tellChange, warn, signal} = tools;
	return {
		async show(id, nodes) {
			const session = createFixSession({
				options: composeOptions(tools, id, nodes), kubectl, consent: options.isAgreed && !options.isReadOnly ? giveConsent(options) : undefined, tellSession, tellChange, signal,
			});
			try {
				const prepared = await session.prepare();
				return {
					preview: columns => formatPreview(prepared.preview, columns),
					isIdle: isIdle(prepared),
					isCutting: prepared.preview.isCutting,
					async make(consent) {
						const result = await session.carryOut(prepared, consent);
						if (!result.isApplied) {
							throw explainUnmade(result);
						}

						return {entry: result.entry, says: formatResult(prepared, result), after: result.after};
					},
					close: session.close,
				};
			} catch (error) {
				await session.close();
				throw error;
			}
		},
		async undo(entry, consent) {
			await undoEntry({
				...options, command: 'undo', id: entry.id, isList: false,
			}, entry, consent, {write: warn, warn});
		},
	};
};
