import type {EvidenceRef, Verdict} from '../../check.ts';
import type {Evidence} from '../../evidence/evidence.ts';
import {type Cell, isFailing} from '../../probes/matrix.ts';
import {broken, latent} from './verdicts.ts';
import {describeOutcome, formatAddress, joinWords} from './words.ts';

const describeCell = ({from, toIp, toPort, attempts}: Cell): string =>
	`${from} → ${formatAddress({ip: toIp, port: toPort})} ${describeOutcome(attempts.find(({outcome}) => outcome !== 'open')?.outcome ?? 'error')}`;

/** A condition that holds: broken where it explains cells that failed, latent where it does not. */
export const judgeCondition = (evidence: Evidence, condition: {
	readonly what: string;
	readonly refs: readonly EvidenceRef[];
	readonly explains: (cell: Cell, evidence: Evidence) => boolean;
	readonly isCertain: boolean;
	readonly harmless: string;
}): Verdict => {
	const cells = evidence.matrix.filter(cell => isFailing(cell) && condition.explains(cell, evidence));
	return cells.length > 0
		? broken(`${condition.what}: ${joinWords(cells.map(cell => describeCell(cell)))}`, condition.refs, condition.isCertain ? 'certain' : 'likely')
		: latent(`${condition.what}; ${condition.harmless}`, condition.refs);
};
