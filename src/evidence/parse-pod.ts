import {podLabel} from '../cluster/pod-label.ts';
import type {
	Known,
	Listener,
	Origin,
	PodEvidence,
} from './evidence.ts';
import {known, originOf, unknown} from './known.ts';
import {
	findSection,
	linesOf,
	readSections,
	type Section,
	valuesOf,
} from './sections.ts';
import {parseResolver} from './parse-resolver.ts';

const littleEndianBytes = (digits: string): readonly string[] =>
	(digits.match(/.{8}/gv) ?? []).flatMap(word => (word.match(/../gv) ?? []).toReversed());

/** `0100007F` or 32 digits of /proc/net/tcp6: 32-bit words in the byte order of the machine, which is little-endian where Kubernetes runs. */
const formatProcIp = (digits: string): string => {
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
		? [{protocol: groups.protocol, ip: formatProcIp(groups.ip), port: Number.parseInt(groups.port, 16)}]
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

type Route = {readonly name: string; readonly gateway: string | undefined; readonly line: string};

/** The default route as `ip route` prints it: `default via 10.244.0.1 dev eth0`. */
const readRoute = (line: string): readonly Route[] => {
	const groups = /^default (?:via (?<gateway>\S+) )?(?:.* )?dev (?<name>\S+)/v.exec(line)?.groups;
	return groups ? [{name: groups.name, gateway: groups.gateway, line}] : [];
};

/** The default route as a line of /proc/net/route: interface, destination, gateway, five numbers, mask. */
const readProcRoute = (line: string): readonly Route[] => {
	const words = line.split(/\s+/v, 9);
	const [tag, name = '', destination, gateway = ''] = words;
	const mask = words[8];
	return tag === 'proc' && destination === '00000000' && mask === '00000000' && /^[0-9A-F]{8}$/v.test(gateway)
		? [{name, gateway: gateway === '00000000' ? undefined : formatProcIp(gateway), line}]
		: [];
};

const parseRoute = (lines: readonly string[]): Route | undefined => lines.flatMap(line => [...readRoute(line), ...readProcRoute(line)]).at(0);

/** `2: eth0 inet 10.244.0.2/24 …` of `ip -o addr`, or `proc 10.244.0.2` of /proc/net/fib_trie. */
const readAddress = (line: string): readonly string[] => {
	const words = line.split(/ +/v);
	const address = words[0] === 'proc' ? words[1] : words[3];
	return address === undefined || address === '' ? [] : [address];
};

const orUnknown = <T>(value: T | undefined, origin: Origin, because: string): Known<T> => (value === undefined ? unknown(because) : known(value, origin));

const readLinkAddress = (line: string): string | undefined => / link\/ether (?<address>[\d:a-f]+)/v.exec(line)?.groups?.address;

/** What the pod's default route and its interface say. */
const parseInterface = (point: string, sections: readonly Section[], because: string): Pick<PodEvidence, 'interfaceName' | 'peerIfindex' | 'gateway' | 'mtu' | 'linkAddress'> => {
	const route = parseRoute(linesOf(findSection(sections, 'route')));
	const links = linesOf(findSection(sections, 'links')).flatMap(line => parseLink(line));
	const link = links.find(({name}) => name === route?.name) ?? links.find(({peerIfindex}) => peerIfindex !== undefined);
	const {name, peerIfindex, mtu, line = ''}: Partial<Link> = link ?? {};
	const linkOrigin = originOf(point, 'ip -o link', line);
	const routeOrigin = originOf(point, route?.line.startsWith('proc') ? 'cat /proc/net/route' : 'ip route show default', route?.line ?? '');
	return {
		interfaceName: name === undefined ? orUnknown(route?.name, routeOrigin, because) : known(name, linkOrigin),
		peerIfindex: orUnknown(peerIfindex, linkOrigin, name === undefined ? because : `${name} of ${point} is not a veth`),
		mtu: orUnknown(mtu, linkOrigin, because),
		linkAddress: orUnknown(readLinkAddress(line), linkOrigin, because),
		gateway: orUnknown(route?.gateway, routeOrigin, because),
	};
};

/** What pod.sh printed in a pod's network namespace. Never throws, whatever the text is. */
export const parsePodEvidence = ({namespace, pod, text}: {readonly namespace: string; readonly pod: string; readonly text: string}): PodEvidence => {
	const sections = readSections(text);
	const point = podLabel({namespace, name: pod});
	const missingTools = valuesOf(findSection(sections, 'tools'), 'missing');
	const because = missingTools.includes('ip') ? `ip is not installed on the node of ${point}` : `${point} has no interface with a default route`;
	const addressLines = linesOf(findSection(sections, 'addresses'));
	const addresses = addressLines.flatMap(line => readAddress(line));
	const addressOrigin = originOf(point, missingTools.includes('ip') ? 'cat /proc/net/fib_trie' : 'ip -o addr', addressLines.join('\n'));
	return {
		namespace,
		pod,
		missingTools,
		...parseInterface(point, sections, because),
		addresses: orUnknown(addresses.length === 0 ? undefined : addresses, addressOrigin, because),
		listeners: parseListeners(point, findSection(sections, 'listeners')),
		resolver: parseResolver(point, findSection(sections, 'resolver')),
	};
};
