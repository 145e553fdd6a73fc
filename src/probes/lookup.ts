import {readFileSync} from 'node:fs';
import type {Access, Point} from '../access/access.ts';
import {fromHexDigits, toHexDigits} from '../hex-address.ts';

const text = readFileSync(new URL('lookup.sh', import.meta.url), 'utf8');

/** A question for the address of a name, from a pod to a name server. */
export type LookupQuestion = {
	/** Label of the point, and its node. */
	readonly from: string;
	readonly fromNode: string;
	readonly server: string;
	/** Absolute, without the dot at its end: `nginx.default.svc.cluster.local`. */
	readonly name: string;
	readonly type: 'A' | 'AAAA';
};

export type LookupPlan = LookupQuestion & {readonly point: Point};

/** refused: nobody listens there · unknown: it could not be asked. */
export type LookupOutcome = 'answered' | 'refused' | 'unreachable' | 'unanswered' | 'unknown';

export type Lookup = LookupQuestion & {
	readonly outcome: LookupOutcome;
	/** How the server calls its answer (RFC 1035, 4.1.1), `NOERROR`; only of answers. */
	readonly code?: string;
	readonly addresses: readonly string[];
	/** Why it is unknown. */
	readonly because?: string;
	/** What a person would type, and what the script printed. */
	readonly command: string;
	readonly printed: string;
};

const codes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

const types = {A: '1', AAAA: '28'} as const;

const canonical = (address: string): string => fromHexDigits(toHexDigits(address)) ?? address;

const readAnswer = (printed: string): Pick<Lookup, 'outcome' | 'code' | 'addresses'> => {
	const {word, code} = /^lookup (?<word>[a-z]+)(?: (?<code>\d+))?$/mv.exec(printed)?.groups ?? {};
	const outcome = (['answered', 'refused', 'unreachable', 'unanswered'] as const).find(known => known === word) ?? 'unknown';
	return {
		outcome,
		...(code !== undefined && {code: codes[Number(code)] ?? `code ${code}`}),
		addresses: printed.matchAll(/^address (?<address>[\d.:a-f]+)$/gmv).map(({groups}) => canonical(groups?.address ?? '')).toArray(),
	};
};

const describeCommand = ({from, fromNode, server, name, type}: LookupQuestion): string =>
	`nsenter --net=NETNS-OF-${from.slice(from.indexOf('/') + 1)} dig +time=2 @${server} ${name} ${type}   (on ${fromNode})`;

// The script waits two seconds for an answer, twice.
const timeoutMs = 20_000;

/** Asks one name server. */
export const lookUp = async (access: Access, {point, ...question}: LookupPlan, signal: AbortSignal): Promise<Lookup> => {
	const {server, name, type} = question;
	const answer = await access.run(point, {name: 'lookup', text, args: [server, name, types[type], '2']}, {timeoutMs, signal});
	const told = answer.ok ? readAnswer(answer.stdout) : {outcome: 'unknown' as const, addresses: []};
	const because = answer.ok ? answer.stderr.trim() : answer.because;
	return {
		...question,
		...told,
		...(told.outcome === 'unknown' && {because: because === '' ? 'nothing was printed' : because}),
		command: describeCommand(question),
		printed: answer.ok ? answer.stdout.trim() : '',
	};
};
