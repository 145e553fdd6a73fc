import {performance} from 'node:perf_hooks';
import {createKubectl} from './cluster/kubectl.ts';
import {formatFrom} from './cluster/pod-label.ts';
import {giveConsent} from './consent.ts';
import {explainUnmade, formatResult, isIdle} from './fix-command.ts';
import {type PreparedFix, type FixResult, createFixSession} from './fix/fix-session.ts';
import type {FixOptions, IncidentOptions} from './options.ts';
import {formatChangeNews, formatPreview} from './report/fix-text.ts';
import {stampLine, tellProgress} from './report/progress.ts';
import type {SessionState} from './session-state.ts';
import type {BeginRepair} from './ui/repair.ts';
import {undoEntry} from './undo-command.ts';
import {UserFacingError} from './user-facing-error.ts';

export {listChanges} from './undo-command.ts';

/** What `hairpin fix CAUSE-OR-CHANGE svc/NAME:PORT --from pod/NAME --all-nodes` would be told. */
const fixOptions = (options: IncidentOptions, {target, diagnosis}: SessionState, change: string | undefined): FixOptions & {readonly id: string} => {
	const id = change ?? diagnosis?.cause?.check.id;
	if (target === undefined || id === undefined) {
		throw new UserFacingError('there is no cause to repair', 'wait for the verdict');
	}

	return {
		...options,
		command: 'fix',
		id,
		service: `svc/${target.service.name}:${target.port.port}`,
		from: formatFrom(target.client, target.service.namespace),
		namespace: target.service.namespace,
		nodes: [],
		isAllNodes: true,
		isAgreed: false,
		isDryRun: false,
		render: undefined,
		forSeconds: 0,
		isJson: false,
	};
};

/** Repairs of the incident on screen, by the same steps as `hairpin fix` and `hairpin undo`. */
export const beginRepair = (options: IncidentOptions): BeginRepair => (state, {
	tell, signal, change, isFresh,
}) => {
	const asked = fixOptions(options, state, change);
	const session = createFixSession({
		options: asked,
		kubectl: createKubectl(asked),
		consent: undefined,
		tellSession: tellProgress(tell),
		tellChange(news) {
			tell(stampLine(performance.now(), formatChangeNews(news)));
		},
		signal,
	});
	let prepared: PreparedFix | undefined;
	let made: FixResult | undefined;
	const agree = () => giveConsent({isAgreed: true, isReadOnly: options.isReadOnly});
	return {
		async prepare() {
			const shown = await session.prepare(isFresh ? state : undefined);
			prepared = shown;
			return {text: columns => formatPreview(shown.preview, columns), isNeeded: !isIdle(shown), isCutting: shown.preview.isCutting};
		},
		async make() {
			if (prepared === undefined) {
				throw new UserFacingError('the change was not shown yet', 'look at it first: f');
			}

			const [shown, result] = [prepared, await session.carryOut(prepared, agree())];
			made = result;
			if (!result.isApplied) {
				throw explainUnmade(result);
			}

			return {text: columns => formatResult(shown, result, columns - 2), after: result.after};
		},
		async undo() {
			if (made === undefined) {
				throw new UserFacingError('nothing was changed here', 'see all changes: hairpin undo --list');
			}

			const {entry} = made;
			await undoEntry({
				...asked, command: 'undo', id: entry.id, isList: false,
			}, entry, agree(), {write: tell, warn: tell});
			return `put back: ${entry.title}`;
		},
		close: session.close,
	};
};
