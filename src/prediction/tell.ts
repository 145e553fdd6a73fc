import {isTargetCell} from '../diagnosis/find-cause.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {cellOutcome} from '../probes/matrix.ts';
import {type Comparison, comparePackets} from './compare.ts';
import {type Prediction, predictCells, predictedOutcomes} from './predict.ts';

/** Everything that the rules say of an incident, and how it compares with probes and packets. */
export type Foretold = {
	readonly predictions: readonly Prediction[];
	/** Of the client's own attempts to reach the Service. */
	readonly packets: readonly Comparison[];
};

/** Walks every probe through the rules and compares. Pure. */
export const foretell = (evidence: Evidence): Foretold => {
	const predictions = predictCells(evidence);
	const target = predictions.find(({cell}) => isTargetCell(cell));
	return {predictions, packets: target ? comparePackets(target, evidence) : []};
};

const nameProbe = ({cell: {from, toIp, toPort}}: Prediction): string => `${from} → ${toIp.includes(':') ? `[${toIp}]` : toIp}:${toPort}`;

/** `open`, `open or timeout`, `not known`. */
export const describePredicted = ({walks}: Prediction): string => {
	const outcomes = walks.map(walk => predictedOutcomes(walk));
	return outcomes.length === 0 || outcomes.includes(undefined) ? 'not known' : [...new Set(outcomes.flatMap(one => one ?? []))].join(' or ');
};

/** `the rules say of default/mars1 → 10.98.171.178:8080: open; the probe met: timeout`. */
export const describePrediction = (prediction: Prediction): string =>
	`the rules say of ${nameProbe(prediction)}: ${describePredicted(prediction)}; the probe met: ${cellOutcome(prediction.cell)}`;

/** Where the rules and what was seen part: each in one sentence. */
export const listDisagreements = ({predictions, packets}: Foretold): readonly string[] => [
	...predictions.filter(({agreement}) => agreement === 'disagrees').map(prediction => describePrediction(prediction)),
	...packets.filter(({agrees}) => !agrees).map(({says}) => says),
];
