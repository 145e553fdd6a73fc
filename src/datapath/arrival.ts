import {isInCidr} from './cidr.ts';
import {type Route, routeTo} from './route.ts';

/** What a node sends and receives by: its interfaces, and their addresses with the length of the prefix. */
export type Links = {
	readonly interfaces: ReadonlyArray<{
		readonly name: string;
		/** 0 off, 1 strict, 2 loose: the larger one of the interface's own and that of `all` (ip-sysctl.rst). */
		readonly reversePathFilter: number;
	}>;
	readonly addresses: ReadonlyArray<{readonly device: string; readonly address: string}>;
};

/** Whether a gateway is on the network of the route's own device; one that is not (`onlink`) is behind a tunnel: VXLAN, IPIP. */
const isOnNetwork = ({device, gateway = ''}: Route, {addresses}: Links): boolean =>
	addresses.some(own => own.device === device && own.address.includes('/') && isInCidr(gateway, own.address) === true);

/** The interface by which a node gets what another one puts on this route: that of the gateway's address, or a tunnel of the same name. Undefined where the route leads by somebody else. */
export const arrivalOf = <T extends Links>(route: Route, sender: Links, receiver: T): T['interfaces'][number] | undefined => {
	const {device, gateway} = route;
	const name = gateway !== undefined && isOnNetwork(route, sender)
		? receiver.addresses.find(({address}) => address.split('/', 1)[0] === gateway)?.device
		: device;
	return receiver.interfaces.find(candidate => candidate.name === name);
};

/** The interface by which a node would answer a source, where that is another one than its packets come in by. */
export const answeringDevice = (arrivesAt: {readonly name: string}, routes: readonly Route[], source: string): string | undefined => {
	const back = routeTo({routes}, source);
	return back === undefined || back.isRefusing || back.device === arrivesAt.name ? undefined : back.device;
};
