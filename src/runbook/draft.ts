import {stringify} from 'yaml';
import {changesFor} from '../check.ts';
import {formatFrom, podLabel, serviceLabel} from '../cluster/pod-label.ts';
import {cleanText} from '../clean.ts';
import {type SessionState, evidenceOf} from '../session-state.ts';
import type {Target} from '../target.ts';
import {UserFacingError} from '../user-facing-error.ts';
import {judgeCells, tellingFlow} from './expect.ts';
import {
	type CellRow,
	type CompareExpectation,
	type ProbeExpectation,
	type Runbook,
	type Step,
	cellRows,
	cellWords,
} from './runbook.ts';
import {escapeText} from './variables.ts';

/** The one word that is true of all probes of a row; undefined where there is none, or no such probe. */
const wordOfRow = ({matrix}: SessionState, row: CellRow) => [...cellWords.filter(word => word !== 'failing'), 'failing' as const].find(word => judgeCells(matrix, {[row]: word}).every(({isMet}) => isMet === true));

const draftProbe = (state: SessionState): ProbeExpectation => Object.fromEntries(cellRows.filter(row => row !== 'all').flatMap(row => {
	const word = wordOfRow(state, row);
	return word === undefined ? [] : [[row, word]];
}));

const draftCompare = (state: SessionState): CompareExpectation => {
	const flow = tellingFlow(state);
	return flow
		? {
			'impossible-reply': flow.impossibleReply !== undefined, ending: flow.ending, ...(flow.sourceAtBackend && {masqueraded: flow.sourceAtBackend.ip !== flow.client.ip}),
		}
		: {};
};

const draftLook = (state: SessionState): readonly Step[] => {
	const {diagnosis} = state;
	const verdict = diagnosis?.cause?.verdict;
	return [
		{title: 'Who takes part', inventory: {endpoints: {'at-least': 1}}},
		{title: 'Who reaches whom: as it was then', probe: draftProbe(state)},
		{title: 'The packets of one attempt, on both ends', capture: {client: {'at-least': 1}}},
		{title: 'What NAT did to them', compare: draftCompare(state)},
		{title: 'The cause', check: {conclusion: diagnosis?.conclusion, cause: diagnosis?.cause?.check.id ?? 'none', ...(verdict?.status === 'broken' && {certain: verdict.confidence === 'certain'})}},
	];
};

/** What repairs the cause, by hairpin where it can, else by hand. */
const draftRepair = (state: SessionState): readonly Step[] => {
	const cause = state.diagnosis?.cause?.check;
	if (!cause) {
		return [];
	}

	const evidence = evidenceOf(state);
	const byHand = cause.repair(evidence);
	return changesFor(cause, evidence).length > 0
		? [{
			title: 'Repair it', name: 'repair', fix: cause.id, nodes: 'all',
		}, {title: 'Every probe is open', verify: null}]
		: [{title: 'Repair it by hand', text: escapeText(byHand.length === 0 ? 'hairpin knows no repair' : byHand.join('\n'))}, {stop: 'hairpin cannot repair this itself', as: 'fault'}];
};

const draftRunbook = (state: SessionState, target: Target): Runbook => {
	const {service, port, client} = target;
	const cause = state.diagnosis?.cause?.check.id;
	return {
		runbook: 'hairpin/runbook/v1',
		title: `${cause ?? 'nothing found'}: ${serviceLabel(service)} from ${podLabel(client)}`.slice(0, 200),
		about: cleanText(state.diagnosis?.sentence ?? '').slice(0, 4000),
		target: {service: `svc/${service.name}:${port.port}`, from: formatFrom(client, service.namespace), namespace: service.namespace},
		steps: [...draftLook(state), ...draftRepair(state)],
	};
};

/** A runbook that would find the same again and repair it, for somebody to edit. In: what was judged of a bundle, and the file that it came from. */
export const formatDraft = (state: SessionState, file: string): string => {
	if (!state.target || state.diagnosis === undefined) {
		throw new UserFacingError(`${file} ends before there was a verdict`, 'take a bundle of a whole session');
	}

	const head = `# A draft, made by hairpin from ${file.replaceAll(/\s+/gv, ' ')}: edit it, then look at it with: hairpin runbook --check FILE\n`;
	return cleanText(head + stringify(draftRunbook(state, state.target), {lineWidth: 100, nullStr: ''}));
};
