import type {Address} from '../packets/flow.ts';
import {type IpWords, parseIp} from '../packets/ip-address.ts';
import {UserFacingError} from '../user-facing-error.ts';

/** What a filter looks at: who sends what kind of packet to whom. */
export type Subject = {
	readonly protocol: 'tcp' | 'udp' | 'icmp' | 'icmp6' | 'arp' | 'other';
	readonly version: number;
	readonly source: Address;
	readonly destination: Address;
};

export type FlowFilter = (subject: Subject) => boolean;

type Direction = 'src' | 'dst' | undefined;
type Kind = 'host' | 'net' | 'port';
type Qualifiers = {readonly protocol: string | undefined; readonly direction: Direction; readonly kind: Kind};
type Parser = {readonly tokens: readonly string[]; at: number; last: Qualifiers | undefined; readonly text: string};

const protocols = new Set(['tcp', 'udp', 'icmp', 'icmp6', 'ip', 'ip6', 'arp']);
const kinds = new Set(['host', 'net', 'port']);

const refuse = ({text}: Parser, because: string): UserFacingError => new UserFacingError(
	`--flow '${text}': ${because}`,
	'write it as for tcpdump: host, net, port with src or dst; tcp, udp, icmp, ip, ip6, arp; and, or, not, parentheses; such as \'host 10.98.171.178 and port 8080\'',
);

const matchProtocol = (protocol: string): FlowFilter => {
	if (protocol === 'ip' || protocol === 'ip6') {
		return subject => subject.version === (protocol === 'ip' ? 4 : 6) && subject.protocol !== 'arp';
	}

	return subject => subject.protocol === protocol;
};

const matchEnds = (direction: Direction, isMatch: (address: Address) => boolean): FlowFilter => {
	const isSource: FlowFilter = ({source}) => isMatch(source);
	const isDestination: FlowFilter = ({destination}) => isMatch(destination);
	if (direction === undefined) {
		return subject => isSource(subject) || isDestination(subject);
	}

	return direction === 'src' ? isSource : isDestination;
};

const isSamePrefix = (one: IpWords, two: IpWords, bits: number): boolean => one.words.every((word, position) => {
	const first = one.version === 4 ? 96 : 0;
	const kept = Math.min(32, Math.max(0, bits + first - (position * 32)));
	return kept === 0 || (word ^ two.words[position]) >>> (32 - kept) === 0;
});

const matchNet = (address: IpWords, bits: number) => ({ip}: Address): boolean => {
	const other = parseIp(ip);
	return other?.version === address.version && isSamePrefix(address, other, bits);
};

const parsePort = (parser: Parser, value: string): ((address: Address) => boolean) => {
	if (!/^\d{1,5}$/v.test(value) || Number(value) > 65_535) {
		throw refuse(parser, `'${value}' is no port number`);
	}

	return ({port}) => port === Number(value);
};

const parseNet = (parser: Parser, value: string, kind: Kind): ((address: Address) => boolean) => {
	const [ip, length] = value.split('/', 2);
	const address = parseIp(ip);
	const most = address?.version === 4 ? 32 : 128;
	const bits = length === undefined ? most : Number(length);
	if (!address || !/^\d*$/v.test(length ?? '') || bits > most || (kind === 'host' && length !== undefined)) {
		throw refuse(parser, `'${value}' is no ${kind === 'net' ? 'network' : 'address'}`);
	}

	return matchNet(address, bits);
};

const isOperator = (token: string | undefined): boolean => token === undefined || ['and', 'or', ')'].includes(token);

const take = (parser: Parser, isWanted: (token: string) => boolean): string | undefined => {
	const token = parser.tokens.at(parser.at);
	if (token === undefined || !isWanted(token)) {
		return undefined;
	}

	parser.at++;
	return token;
};

const takeQualifiers = (parser: Parser): {readonly qualifiers: Qualifiers | undefined; readonly protocol: string | undefined} => {
	const protocol = take(parser, token => protocols.has(token));
	const direction = take(parser, token => token === 'src' || token === 'dst') as Direction;
	const kind = take(parser, token => kinds.has(token)) as Kind | undefined;
	const isGiven = direction !== undefined || kind !== undefined;
	return {protocol, qualifiers: isGiven ? {protocol, direction, kind: kind ?? 'host'} : undefined};
};

/** `[tcp] [src|dst] [host|net|port] VALUE`; a value alone has the qualifiers of the one before, as in `host A or B`. */
const parsePrimitive = (parser: Parser): FlowFilter => {
	const {protocol, qualifiers} = takeQualifiers(parser);
	if (protocol !== undefined && !qualifiers && isOperator(parser.tokens.at(parser.at))) {
		return matchProtocol(protocol);
	}

	const used = qualifiers ?? {...(parser.last ?? {direction: undefined, kind: 'host'}), protocol};
	const value = take(parser, token => !isOperator(token) && token !== '(' && token !== 'not');
	if (value === undefined) {
		throw refuse(parser, parser.at >= parser.tokens.length ? 'it ends too early' : `'${parser.tokens[parser.at]}' was not expected`);
	}

	parser.last = used;
	const isEnd = matchEnds(used.direction, used.kind === 'port' ? parsePort(parser, value) : parseNet(parser, value, used.kind));
	const isProtocol = used.protocol === undefined ? undefined : matchProtocol(used.protocol);
	return subject => isEnd(subject) && (isProtocol?.(subject) ?? true);
};

const parseTerm = (parser: Parser): FlowFilter => {
	if (take(parser, token => token === 'not') !== undefined) {
		const inner = parseTerm(parser);
		return subject => !inner(subject);
	}

	if (take(parser, token => token === '(') === undefined) {
		return parsePrimitive(parser);
	}

	const inner = parseExpression(parser);
	if (take(parser, token => token === ')') === undefined) {
		throw refuse(parser, 'a parenthesis is not closed');
	}

	return inner;
};

// As in tcpdump, `and` and `or` bind equally and from left to right.
const parseExpression = (parser: Parser): FlowFilter => {
	let filter = parseTerm(parser);
	for (;;) {
		const operator = take(parser, token => token === 'and' || token === 'or');
		if (operator === undefined) {
			return filter;
		}

		const left = filter;
		const right = parseTerm(parser);
		filter = operator === 'and' ? subject => left(subject) && right(subject) : subject => left(subject) || right(subject);
	}
};

const synonyms = new Map([['&&', 'and'], ['||', 'or'], ['!', 'not']]);
const MOST_TOKENS = 500;

/** Reads a filter as tcpdump would. Throws `UserFacingError` where it makes no sense. */
export const parseFlowFilter = (text: string): FlowFilter => {
	const tokens = text.replaceAll(/&&|\|\||[!\(\)]/gv, operator => ` ${operator} `).split(/\s+/v).filter(token => token !== '').map(token => synonyms.get(token) ?? token);
	const parser: Parser = {
		tokens,
		at: 0,
		last: undefined,
		text,
	};
	if (tokens.length > MOST_TOKENS) {
		throw refuse(parser, 'it is too long');
	}

	const filter = parseExpression(parser);
	if (parser.at < tokens.length) {
		throw refuse(parser, `'${tokens[parser.at]}' was not expected`);
	}

	return filter;
};
