import type {Check} from '../../src/check.ts';
import {buildEvidence} from './evidence-builder.ts';

/** A check that always says that something is broken. */
export const accuser = (id: string, more: Partial<Check>): Check => ({
	id,
	place: 0,
	title: id,
	explain: id,
	judge: () => ({
		status: 'broken', because: id, evidence: [], confidence: 'likely',
	}),
	explains: () => false,
	repair: () => [],
	...more,
});

/** Two clients that time out. */
export const twoTimeouts = buildEvidence({outcomes: {'mars1 vip': 'timeout', 'mars2 vip': 'timeout'}});

export const onTimeout: Check['explains'] = ({attempts}) => attempts.some(({outcome}) => outcome === 'timeout');

export const onClient: Check['explains'] = cell => onTimeout(cell, twoTimeouts) && cell.role === 'client';

export const certain: Check['judge'] = () => ({
	status: 'broken', because: '', evidence: [], confidence: 'certain',
});
