import type {Check} from '../../src/check.ts';

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
