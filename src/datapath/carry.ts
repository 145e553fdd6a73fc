import {type Links, answeringDevice, arrivalOf} from './arrival.ts';
import {walkRulesets} from './filter.ts';
import {noDevices, toHookPacket} from './hooks.ts';
import {
	type Stage,
	doubt,
	lose,
	note,
} from './journey.ts';
import {type Route, routeTo} from './route.ts';
import {type NodeView, isOwn} from './world.ts';

/** The route to an address; undefined where there is none, or none is known. */
export const findRoute = ({routes}: NodeView, ip: string | undefined): Route | undefined =>
	(ip === undefined || ip.includes(':') || 'unknown' in routes ? undefined : routeTo({routes: routes.value}, ip));

const describeRoute = ({network, prefix, device, gateway}: Route): string =>
	`${prefix === 0 ? 'default' : `${network}/${prefix}`}${gateway === undefined ? '' : ` via ${gateway}`} dev ${device}`;

/** Whether a route leads to the other node itself: to its address, onto its link, or into a tunnel. */
const isLeading = ({gateway, device}: Route, from: NodeView, to: NodeView, ip: string): boolean =>
	gateway === undefined || isOwn(to, gateway) || ip === to.ip || from.tunnels.some(tunnel => tunnel.device === device);

/** The tunnel's own packets at OUTPUT of one node and INPUT of the other. */
const filterTunnel = (node: NodeView, hook: 'INPUT' | 'OUTPUT', ends: readonly [source: string | undefined, destination: string | undefined], port: number): Stage => journey => {
	const {rulesets} = node;
	const packet = {
		...toHookPacket({...journey, direction: 'request'}, node, noDevices), source: ends[0], destination: ends[1], protocol: 'udp' as const, destinationPort: port, mark: 0, isTranslated: false,
	};
	const verdict = 'unknown' in rulesets ? {does: 'unknown' as const, because: rulesets.unknown} : walkRulesets(rulesets.value, packet, hook);
	if (verdict.does === 'accept') {
		return [journey];
	}

	const told = {node: node.name, stage: `tunnel, ${hook}`};
	return [verdict.does === 'unknown' ? doubt(journey, {...told, because: verdict.because}) : lose(journey, {...told, by: verdict.by, because: `the tunnel's packets to UDP port ${port} are stopped`})];
};

/** Why a node drops what comes in by this interface from this source, if it does (RFC 3704; fib_frontend.c, __fib_validate_source). */
const reversePathProblem = ({name, reversePathFilter}: Links['interfaces'][number], routes: readonly Route[], source: string): string | undefined => {
	const answersBy = answeringDevice({name}, routes, source);
	if (answersBy !== undefined && reversePathFilter === 1) {
		return `${source} would be answered by ${answersBy}`;
	}

	return routeTo({routes}, source) === undefined && reversePathFilter > 0 ? `no route leads back to ${source}` : undefined;
};

/** rp_filter 1 drops what comes in where it would not be answered, 2 is content with any route. */
const passReversePath = (from: NodeView, to: NodeView): Stage => journey => {
	const {source, destination} = journey.packet;
	const route = findRoute(from, destination.ip);
	const arrivesAt = route && from.links && to.links && arrivalOf(route, from.links, to.links);
	const problem = arrivesAt && source.ip !== undefined && 'value' in to.routes ? reversePathProblem(arrivesAt, to.routes.value, source.ip) : undefined;
	if (arrivesAt === undefined || problem === undefined) {
		return [journey];
	}

	const told = {
		node: to.name, stage: `from ${arrivesAt.name}`, by: `rp_filter = ${arrivesAt.reversePathFilter} of ${arrivesAt.name}`, because: `dropped: ${problem}`,
	};
	return [lose(journey, told)];
};

/** From one node to another, by the route of the first. */
export const carry = (from: NodeView, to: NodeView): readonly Stage[] => {
	const check: Stage = journey => {
		const {ip = ''} = journey.packet.destination;
		const told = {node: from.name, stage: 'routing'};
		if ('unknown' in from.routes || ip.includes(':')) {
			return [doubt(journey, {...told, because: 'unknown' in from.routes ? from.routes.unknown : 'routes of IPv6 are not read'})];
		}

		const route = findRoute(from, ip);
		if (!route) {
			return [lose(journey, {...told, by: `no route to ${ip}`, because: `no route leads to ${ip}`}, 'unreachable')];
		}

		if (route.isRefusing) {
			return [lose(journey, {...told, by: describeRoute(route), because: 'the route refuses it'}, route.isSilent === true ? 'timeout' : 'unreachable')];
		}

		const by = describeRoute(route);
		return [isLeading(route, from, to, ip) ? note(journey, {...told, by, because: `on to ${to.name}`}) : doubt(journey, {...told, by, because: `what is behind that route is not known; ${ip} is on ${to.name}`})];
	};

	const throughTunnel: Stage = journey => {
		const device = findRoute(from, journey.packet.destination.ip)?.device;
		const tunnel = from.tunnels.find(candidate => candidate.device === device);
		return tunnel
			? filterTunnel(from, 'OUTPUT', [from.ip, to.ip], tunnel.port)(journey).flatMap(one => (one.outcome ? [one] : filterTunnel(to, 'INPUT', [from.ip, to.ip], tunnel.port)(one)))
			: [journey];
	};

	return [check, throughTunnel, passReversePath(from, to)];
};
