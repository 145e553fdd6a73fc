import type {Endpoint} from '../cluster/cluster.ts';

/** Everything to and from the client: a filter on the Service's address would hide the packet that decides. */
export const clientFilter = (clientIp: string): string => `host ${clientIp}`;

/** What reaches the backend's port, from whatever address masquerading gave it, and the errors that answer. */
export const backendFilter = (ports: readonly number[]): string =>
	`${ports.map(port => `port ${port}`).join(' or ')} or icmp or icmp6`;

/** On the client's node: the client's traffic before and after translation, also when its source was rewritten. */
export const nodeFilter = (clientIp: string, vip: string, endpoints: readonly Endpoint[]): string => {
	const legs = endpoints.map(({ip, port}) => ` or (host ${ip} and port ${port})`);
	return `host ${clientIp} or host ${vip}${legs.join('')}`;
};
