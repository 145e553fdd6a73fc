import type {Expectation} from '../faults/fault-case.ts';

/** One state of the node in nftables mode and how it is made. `reset` undoes all of it. */
export type NftCase = Expectation & {
	readonly title: string;
	readonly fault: string;
	readonly inject: () => Promise<unknown>;
	readonly client: 'mars1' | 'nginx';
	/** kube-dns is one of UDP. */
	readonly service?: 'nginx' | 'kube-dns';
	/** Left to HAIRPIN_EVERY=1 and to the table that is kept. */
	readonly isThorough?: true;
};
