import type {HookPacket} from './rule.ts';

/** A value, or why it is not known. */
export type Reading<T> = {readonly value: T} | {readonly unknown: string};

/** A rule as iptables-save prints it, without its counters. */
export type ChainRule = {
	readonly table: string;
	readonly chain: string;
	readonly text: string;
	/** As its own program prints it, where that is another than iptables. */
	readonly printed?: string;
	readonly packets: number;
};

/** What one iptables (legacy or nf_tables) of a node holds. */
export type Ruleset = {
	readonly chains: ReadonlyArray<{readonly table: string; readonly chain: string; readonly policy: string; readonly packets: number}>;
	readonly rules: readonly ChainRule[];
	/** Whether rules that could match this packet were left out when they were read; then an empty chain does not mean that it has none. */
	readonly isLeftOut?: (table: string, chain: string, packet: HookPacket) => boolean;
};
