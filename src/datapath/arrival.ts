import {isInCidr} from './cidr.ts';
import {type Route, routeTo} from './route.ts';

/** What a node receives by: its interfaces, and their addresses with the length of the prefix. */
export type Links = {
	readonly interfaces: ReadonlyArray<{
		readonly name: string;
		/** As the kernel calls it: `bridge`, `vxlan`. */
		readonly kind: string;
		/** 0 off, 1 strict, 2 loose: the larger one of the interface's own and that of `all` (ip-sysctl.rst). */
		readonly reversePathFilter: number;
	}>;
	readonly addresses: ReadonlyArray<{readonly device: string; readonly address: string}>;
};

/** Where a node gets what another one puts on this route: on the network of the sender's own address, or from a tunnel of the same name. */
export const arrivalOf = <T extends Links>(route: Route, receiver: T, senderIp: string | undefined): T['interfaces'][number] | undefined => {
	const isTunnel = route.gateway === undefined || receiver.interfaces.some(({name, kind}) => name === route.device && kind === 'vxlan');
	const device = isTunnel
		? route.device
		: receiver.addresses.find(({address}) => senderIp !== undefined && address.includes('/') && isInCidr(senderIp, address) === true)?.device;
	return receiver.interfaces.find(({name}) => name === device);
};

/** The interface by which a node would answer a source, where that is another one than its packets come in by. */
export const answeringDevice = (arrivesAt: {readonly name: string}, routes: readonly Route[], source: string): string | undefined => {
	const back = routeTo({routes}, source);
	return back === undefined || back.device === arrivesAt.name ? undefined : back.device;
};
