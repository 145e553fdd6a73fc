import type {Known, Listener, PodEvidence} from './evidence.ts';
import {known, originOf, unknown} from './known.ts';
import {
	findSection,
	linesOf,
	readSections,
	type Section,
	valuesOf,
} from './sections.ts';

const littleEndianBytes = (digits: string): readonly string[] =>
	(digits.match(/.{8}/gv) ?? []).flatMap(word => (word.match(/../gv) ?? []).toReversed());

/** `0100007F` or 32 digits of /proc/net/tcp6: 32-bit words in the byte order of the machine, which is little-endian where Kubernetes runs. */
const formatListenerIp = (digits: string): string => {
	const bytes = littleEndianBytes(digits);
	if (bytes.length === 4) {
		return bytes.map(byte => Number.parseInt(byte, 16)).join('.');
	}

	const groups = Array.from({length: 8}, (_, index) => `${bytes[index * 2] ?? '00'}${bytes[(index * 2) + 1] ?? '00'}`);
	return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
};

const isListenerProtocol = (word: string): word is Listener['protocol'] => ['tcp', 'tcp6', 'udp', 'udp6'].includes(word);

const parseListener = (line: string): readonly Listener[] => {
	const groups = /^(?<protocol>[0-9a-z]+) (?<ip>[0-9A-F]{8}|[0-9A-F]{32}):(?<port>[0-9A-F]{4})$/v.exec(line)?.groups;
	return groups && isListenerProtocol(groups.protocol)
		? [{protocol: groups.protocol, ip: formatListenerIp(groups.ip), port: Number.parseInt(groups.port, 16)}]
		: [];
};

const parseListeners = (point: string, section: Section | undefined): Known<readonly Listener[]> => {
	const lines = linesOf(section);
	if (!section || lines.includes('unreadable tcp')) {
		return unknown(`the sockets of ${point} cannot be read`);
	}

	return known(lines.flatMap(line => parseListener(line)), originOf(point, 'ss -lntu   (from /proc/net/tcp, tcp6, udp, udp6)', lines.join('\n')));
};

type Link = {readonly name: string; readonly peerIfindex: number | undefined; readonly mtu: number; readonly line: string};

const parseLink = (line: string): readonly Link[] => {
	const groups = /^\d+: (?<name>[^\s:@]+)(?:@if(?<peer>\d+))?: .* mtu (?<mtu>\d+) /v.exec(line)?.groups;
	return groups
		? [{
			name: groups.name, peerIfindex: groups.peer === undefined ? undefined : Number(groups.peer), mtu: Number(groups.mtu), line,
		}]
		: [];
};

const parseRoute = (lines: readonly string[]): {readonly name: string; readonly gateway: string; readonly line: string} | undefined => {
	for (const line of lines) {
		const groups = /^default (?:via (?<gateway>\S+) )?(?:.* )?dev (?<name>\S+)/v.exec(line)?.groups;
		if (groups) {
			return {name: groups.name, gateway: groups.gateway ?? '', line};
		}
	}

	return undefined;
};

const orUnknown = <T>(point: string, command: string, value: T | undefined, excerpt: string, because: string): Known<T> =>
	(value === undefined ? unknown(because) : known(value, originOf(point, command, excerpt)));

const parseAddresses = (section: Section | undefined): readonly string[] =>
	linesOf(section).map(line => line.split(/ +/v, 4)[3] ?? '').filter(address => address !== '');

/** What the pod's default route and its interface say. */
const parseInterface = (point: string, sections: readonly Section[], because: string): Pick<PodEvidence, 'interfaceName' | 'peerIfindex' | 'gateway' | 'mtu'> => {
	const route = parseRoute(linesOf(findSection(sections, 'route')));
	const gateway = route?.gateway === '' ? undefined : route?.gateway;
	const links = linesOf(findSection(sections, 'links')).flatMap(line => parseLink(line));
	const link = links.find(({name}) => name === route?.name) ?? links.find(({peerIfindex}) => peerIfindex !== undefined);
	const {name, peerIfindex, mtu, line = ''}: Partial<Link> = link ?? {};
	return {
		interfaceName: orUnknown(point, 'ip -o link', name, line, because),
		peerIfindex: orUnknown(point, 'ip -o link', peerIfindex, line, name === undefined ? because : `${name} of ${point} is not a veth`),
		mtu: orUnknown(point, 'ip -o link', mtu, line, because),
		gateway: orUnknown(point, 'ip route show default', gateway, route?.line ?? '', because),
	};
};

/** What pod.sh printed in a pod's network namespace. Never throws, whatever the text is. */
export const parsePodEvidence = ({namespace, pod, text}: {readonly namespace: string; readonly pod: string; readonly text: string}): PodEvidence => {
	const sections = readSections(text);
	const point = `${namespace}/${pod}`;
	const missingTools = valuesOf(findSection(sections, 'tools'), 'missing');
	const because = missingTools.includes('ip') ? `ip is not installed on the node of ${point}` : `${point} has no interface with a default route`;
	const addresses = linesOf(findSection(sections, 'addresses')).map(line => line.split(/ +/v, 4)[3] ?? '').filter(address => address !== '');
	return {
		namespace,
		pod,
		missingTools,
		...parseInterface(point, sections, because),
		addresses: orUnknown(point, 'ip -o addr', addresses.length === 0 ? undefined : addresses, addresses.join('\n'), because),
		listeners: parseListeners(point, findSection(sections, 'listeners')),
	};
};
