import {create} from 'xmlbuilder2';
import type {Finding} from '../check.ts';
import {type Cell, cellOutcome, isFailing} from '../probes/matrix.ts';
import {
	describeRef,
	refsOf,
	requireJudged,
	titleOf,
} from './facts.ts';
import type {Incident} from './incident.ts';
import {formatCell} from './matrix-text.ts';

type Outcome = {readonly kind: 'failure' | 'error' | 'skipped'; readonly type: string; readonly message: string; readonly text: string};

type Case = {readonly name: string; readonly seconds: number; readonly outcome: Outcome | undefined; readonly told?: string};

const judgeProbe = (cell: Cell): Outcome | undefined => {
	if (cell.attempts.length === 0) {
		return {
			kind: 'skipped', type: 'not-asked', message: cell.error ?? 'not asked', text: '',
		};
	}

	return isFailing(cell)
		? {
			kind: 'failure', type: cellOutcome(cell), message: formatCell(cell), text: cell.command,
		}
		: undefined;
};

const describeProbe = (cell: Cell): Case => ({
	name: `${cell.from} on ${cell.fromNode} reaches ${cell.toIp}:${cell.toPort}/${cell.protocol}`,
	seconds: cell.attempts.reduce((sum, {ms}) => sum + ms, 0) / 1000,
	outcome: judgeProbe(cell),
});

const judgeFinding = (finding: Finding): Outcome | undefined => {
	const {check, verdict} = finding;
	const text = refsOf(finding).map(ref => describeRef(ref)).join('\n');
	switch (verdict.status) {
		case 'broken': {
			return {
				kind: 'failure', type: `${check.id} (${verdict.confidence})`, message: verdict.because, text,
			};
		}

		case 'unknown': {
			return {
				kind: 'skipped', type: 'unknown', message: verdict.because, text: '',
			};
		}

		case 'latent':
		case 'ok': {
			return undefined;
		}
	}
};

const describeFinding = (finding: Finding): Case => ({
	name: `${finding.check.id}: ${finding.check.title}`,
	seconds: 0,
	outcome: judgeFinding(finding),
	told: `${finding.verdict.status}: ${finding.verdict.because}`,
});

const kinds = {healthy: undefined, fault: 'failure', undecided: 'error'} as const;

const describeVerdict = ({state}: Incident): Case => {
	const {target, diagnosis} = requireJudged(state);
	const kind = kinds[diagnosis.conclusion];
	return {
		name: titleOf(target),
		seconds: state.timing.endMs / 1000,
		told: diagnosis.sentence,
		outcome: kind === undefined
			? undefined
			: {
				kind, type: diagnosis.cause?.check.id ?? diagnosis.conclusion, message: diagnosis.sentence, text: (diagnosis.cause ? refsOf(diagnosis.cause) : []).map(ref => describeRef(ref)).join('\n'),
			},
	};
};

const countOf = (cases: readonly Case[], kind: Outcome['kind']): number => cases.filter(({outcome}) => outcome?.kind === kind).length;

const totals = (cases: readonly Case[]) => ({
	'@tests': cases.length,
	'@failures': countOf(cases, 'failure'),
	'@errors': countOf(cases, 'error'),
	'@skipped': countOf(cases, 'skipped'),
	'@time': cases.reduce((sum, {seconds}) => sum + seconds, 0).toFixed(3),
});

const toElement = (suite: string, {name, seconds, outcome, told}: Case) => ({
	'@classname': `hairpin.${suite}`,
	'@name': name,
	'@time': seconds.toFixed(3),
	...(outcome && {[outcome.kind]: {'@type': outcome.type, '@message': outcome.message, ...(outcome.text !== '' && {'#': outcome.text})}}),
	...(told !== undefined && {'system-out': told}),
});

/** The incident as JUnit XML, as CI systems read it: one case for the verdict, each probe and each check; what could not be judged is skipped. */
export const formatJunit = (incident: Incident): string => {
	const {state, writtenAt} = incident;
	const suites: Readonly<Record<string, readonly Case[]>> = {
		verdict: [describeVerdict(incident)],
		probes: state.matrix.map(cell => describeProbe(cell)),
		checks: requireJudged(state).diagnosis.findings.map(finding => describeFinding(finding)),
	};
	// XML 1.0 knows no way to write most control characters and lone surrogates.
	// eslint-disable-next-line unicorn/text-encoding-identifier-case
	return `${create({version: '1.0', encoding: 'UTF-8', invalidCharReplacement: '�'}, {
		testsuites: {
			'@name': 'hairpin',
			...totals(Object.values(suites).flat()),
			testsuite: Object.entries(suites).map(([suite, cases]) => ({
				'@name': suite,
				'@timestamp': writtenAt.replace(/\.\d+Z$/v, ''),
				...totals(cases),
				testcase: cases.map(entry => toElement(suite, entry)),
			})),
		},
	}).end({prettyPrint: true, indent: '\t'})}\n`;
};
