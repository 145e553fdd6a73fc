import {isInCidr} from './cidr.ts';

/** A route of the main table. */
export type Route = {
	readonly device: string;
	readonly network: string;
	readonly prefix: number;
	readonly gateway: string | undefined;
	readonly metric: number;
	/** It refuses what it matches: unreachable, prohibit, blackhole. */
	readonly isRefusing: boolean;
	/** It says nothing to the sender: a blackhole. */
	readonly isSilent?: boolean;
};

/** The route that a packet takes: the longest match, of equals the one with the smaller metric. Undefined where none matches. */
export const routeTo = ({routes}: {readonly routes: readonly Route[]}, ip: string): Route | undefined => routes
	.filter(({network, prefix}) => isInCidr(ip, `${network}/${prefix}`) === true)
	.toSorted((a, b) => (a.prefix === b.prefix ? a.metric - b.metric : b.prefix - a.prefix))
	.at(0);
