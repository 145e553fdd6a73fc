import type {Ending} from './chain.ts';
import {
	type Devices,
	bareRule,
	isAlike,
	noDevices,
	readDestination,
	toHookPacket,
	walkNat,
} from './hooks.ts';
import {
	type Journey,
	type Stage,
	type Translation,
	doubt,
	maxWays,
	note,
} from './journey.ts';
import {masqueradeMark} from './rule.ts';
import {
	type Address,
	type NodeView,
	formatAddress,
	isSameAddress,
} from './world.ts';

type Hook = 'PREROUTING' | 'OUTPUT' | 'POSTROUTING';

const unclear = (hook: Hook): string => `a rule of ${hook} asks for something that cannot be told beforehand`;

const isMarked = (mark: number): boolean => (mark & masqueradeMark) !== 0;

const describeMark = ({mark}: Ending, hook: Hook): string => (mark === 0 ? `no rule of ${hook} translates it` : `marked 0x${mark.toString(16)}${isMarked(mark) ? ', to be masqueraded' : ''}`);

const addTranslation = (journey: Journey, translation: Translation): Journey => ({...journey, translations: [...journey.translations, translation]});

type Sent = {
	readonly to: Address;
	readonly by: Translation['by'];
	readonly told: {readonly stage: string; readonly by: string; readonly because: string};
	/** Where rules set another one on the way. */
	readonly mark?: number;
};

/** Changes the request's destination, and remembers that for the reply. */
export const sendTo = (journey: Journey, node: NodeView, {to, by, told, mark = journey.packet.mark}: Sent): Journey => {
	const translated = note(journey, {...told, node: node.name}, {...journey.packet, destination: to, mark});
	return addTranslation(translated, {
		node: node.name, kind: 'DNAT', by, from: journey.packet.destination, to,
	});
};

const passUntouched = (journey: Journey, node: NodeView, hook: Hook, endings: readonly Ending[]): Journey => {
	const told = {node: node.name, stage: hook};
	const isForService = isSameAddress(journey.packet.destination, journey.attempt.to);
	if (!isAlike(endings)) {
		return doubt(journey, {...told, because: unclear(hook)});
	}

	if (isForService && node.unreadTables.length > 0) {
		return doubt(journey, {...told, because: `rules of ${node.unreadTables.join(', ')} (nftables) were not read`});
	}

	const ending = endings.at(0);
	return note(journey, {...told, by: ending?.markedBy, because: ending ? describeMark(ending, hook) : 'no iptables is loaded'}, {...journey.packet, mark: ending?.mark ?? journey.packet.mark});
};

const followDnat = (journey: Journey, node: NodeView, hook: Hook, ending: Ending): Journey => {
	const to = readDestination(ending.to ?? '', journey.packet.destination);
	const marked = isMarked(ending.mark) ? ', marked to be masqueraded' : '';
	return to
		? sendTo(journey, node, {
			to, by: 'conntrack', told: {stage: hook, by: bareRule(ending.by) ?? ending.by, because: `DNAT to ${formatAddress(to)}${marked}`}, mark: ending.mark,
		})
		: doubt(journey, {node: node.name, stage: hook, because: `where ${ending.by} leads is not understood`});
};

/** PREROUTING or OUTPUT of the nat table: one journey for each backend that the rules can choose. */
export const translateDestination = (node: NodeView, hook: 'PREROUTING' | 'OUTPUT', devices: Devices = noDevices): Stage => journey => {
	const walked = walkNat(node, hook, toHookPacket(journey, node, devices));
	if ('unknown' in walked) {
		return [doubt(journey, {node: node.name, stage: hook, because: walked.unknown})];
	}

	const {endings} = walked;
	const dnats = endings.filter(({does}) => does === 'dnat');
	if (dnats.length === 0) {
		return [passUntouched(journey, node, hook, endings)];
	}

	// Where a Service remembers its clients several rules lead to one backend.
	const unique = new Map(dnats.map(ending => [`${ending.to} ${ending.mark}`, ending])).values().toArray();
	if (dnats.length < endings.length) {
		return [doubt(journey, {node: node.name, stage: hook, because: unclear(hook)})];
	}

	return unique.slice(0, maxWays).map(ending => followDnat(journey, node, hook, ending));
};

/** The address that a node masquerades with, where it sends by this device. */
const addressOn = ({addresses, bridges, ip}: NodeView, device: string | undefined, isIpv6: boolean): string | undefined => {
	const own = [...bridges.filter(({name}) => name === device).flatMap(bridge => bridge.addresses), ...addresses.filter(address => address.device === device).map(address => address.ip)];
	return own.find(address => address.includes(':') === isIpv6 && !address.toLowerCase().startsWith('fe80:'))
		?? (device === undefined && own.length === 0 ? undefined : ip);
};

const isSentByIpvs = ({translations}: Journey, {name}: NodeView): boolean => translations.some(({node, by}) => node === name && by === 'IPVS');

const translateTo = (journey: Journey, node: NodeView, ending: Ending, device: string | undefined): Journey => {
	const {packet} = journey;
	const own = ending.does === 'snat' ? readDestination(ending.to ?? '', packet.source)?.ip : addressOn(node, device, packet.destination.ip?.includes(':') === true);
	const to: Address = {ip: own, port: undefined};
	const translated = note(journey, {
		node: node.name, stage: 'POSTROUTING', by: bareRule(ending.by), because: `masqueraded: its source becomes ${formatAddress(to)}`,
	}, {...packet, source: to});
	return addTranslation(translated, {
		node: node.name, kind: 'SNAT', by: 'conntrack', from: packet.source, to,
	});
};

const masquerade = (journey: Journey, node: NodeView, ending: Ending, device: string | undefined): Journey => {
	const tracked = isSentByIpvs(journey, node) ? node.isIpvsTracked : {value: true};
	const told = {node: node.name, stage: 'POSTROUTING'};
	if ('unknown' in tracked) {
		return doubt(journey, {...told, because: `whether IPVS is tracked by conntrack is not known: ${tracked.unknown}`});
	}

	return tracked.value
		? translateTo(journey, node, ending, device)
		: note(journey, {...told, by: 'net.ipv4.vs.conntrack = 0', because: 'not masqueraded: conntrack does not track what IPVS sends on'});
};

/** POSTROUTING of the nat table: whether the request keeps its source. */
export const translateSource = (node: NodeView, device: string | undefined): Stage => journey => {
	const walked = walkNat(node, 'POSTROUTING', toHookPacket(journey, node, {inInterface: undefined, outInterface: device}));
	const told = {node: node.name, stage: 'POSTROUTING'};
	if ('unknown' in walked) {
		return [doubt(journey, {...told, because: walked.unknown})];
	}

	const ending = walked.endings.at(0);
	if (!isAlike(walked.endings.map(one => ({...one, mark: 0})))) {
		return [doubt(journey, {...told, because: unclear('POSTROUTING')})];
	}

	const isKept = ending === undefined || ending.does === 'accept';
	return [isKept ? note(journey, {...told, because: 'its source stays'}) : masquerade(journey, node, ending, device)];
};
