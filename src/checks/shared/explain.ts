import type {Evidence} from '../../evidence/evidence.ts';
import {type Cell, type Outcome, isFailing} from '../../probes/matrix.ts';
import {type Route, routesOf, routesOfAttempt} from './routes.ts';

/** How a fault would make an attempt on this route fail; empty where it would not. */
export type Prediction = (route: Route) => readonly Outcome[];

/**
 Whether a fault makes this cell fail in the way it failed: some failed attempt can have met the fault, and none that succeeded must have met it.
 For a cell where nothing failed: whether every attempt must have met the fault, which then cannot be as predicted.
 */
export const isCellExplained = (cell: Cell, evidence: Evidence, predict: Prediction): boolean => {
	const routes = routesOf(cell, evidence);
	const willFail = (attempt: Cell['attempts'][number]): boolean => {
		const ways = routesOfAttempt(attempt, routes);
		return ways.length > 0 && ways.every(route => predict(route).length > 0);
	};

	const opened = cell.attempts.filter(({outcome}) => outcome === 'open');
	const failed = cell.attempts.filter(({outcome}) => outcome !== 'open');
	if (failed.length === 0) {
		return opened.length > 0 && opened.every(attempt => willFail(attempt));
	}

	const isExplained = failed.some(attempt => routesOfAttempt(attempt, routes).some(route => predict(route).includes(attempt.outcome)));
	return isExplained && opened.every(attempt => !willFail(attempt));
};

/** The failing cells of the matrix that a prediction explains. */
export const explainedCells = (evidence: Evidence, predict: Prediction): readonly Cell[] => evidence.matrix
	.filter(cell => isFailing(cell) && isCellExplained(cell, evidence, predict));
