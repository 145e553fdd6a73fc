import {readFileSync} from 'node:fs';
import type {Access, Point} from '../access/access.ts';

const text = readFileSync(new URL('full-size.sh', import.meta.url), 'utf8');

/**
 What became of a packet as large as its sender's link takes, which nobody may cut (DF, RFC 1191).
 told: a router said how large it may be, and the sender obeys · lost: it never arrived, nobody said so, and small ones arrive · unknown: it could not be told.
 */
export type FullSizeOutcome = 'arrived' | 'told' | 'lost' | 'unknown';

/** One way from pod to pod of another node. */
export type FullSizeWay = {
	/** Labels of the points, and their nodes. */
	readonly from: string;
	readonly fromNode: string;
	readonly to: string;
	readonly toNode: string;
	readonly toIp: string;
	/** A port of UDP on which nobody listens. */
	readonly port: number;
	/** Of the whole IP packet. */
	readonly bytes: number;
};

export type FullSizePlan = FullSizeWay & {readonly point: Point};

export type FullSize = FullSizeWay & {
	readonly outcome: FullSizeOutcome;
	/** The largest packet that arrives, where larger ones are lost. */
	readonly largest?: number;
	/** Why it is unknown. */
	readonly because?: string;
	/** What a person would type, and what the script printed. */
	readonly command: string;
	readonly printed: string;
};

// An IP header and one of UDP (RFC 791, RFC 8200, RFC 768).
const headerBytes = (ip: string): number => (ip.includes(':') ? 48 : 28);

const readOutcome = (printed: string): Pick<FullSize, 'outcome' | 'largest' | 'because'> => {
	const word = /^full-size (?<word>[a-z]+)$/mv.exec(printed)?.groups?.word;
	const largest = /^largest (?<bytes>\d+)$/mv.exec(printed)?.groups?.bytes;
	const outcome = (['arrived', 'told', 'lost'] as const).find(known => known === word);
	return outcome === undefined
		? {outcome: 'unknown', because: word === 'unanswered' ? 'small ones of UDP are not answered either' : 'bash could not send them'}
		: {outcome, ...(largest !== undefined && {largest: Number(largest)})};
};

const describeCommand = ({toIp, bytes, from, fromNode}: FullSizeWay): string =>
	`nsenter --net=NETNS-OF-${from.slice(from.indexOf('/') + 1)} ping -M do -s ${bytes - headerBytes(toIp)} ${toIp}   (on ${fromNode})`;

// Searching for the largest that arrives takes a dozen steps of up to three seconds.
const timeoutMs = 60_000;

/** Sends a packet of full size one way, and small ones to compare with. */
export const tryFullSize = async (access: Access, {point, ...way}: FullSizePlan, signal: AbortSignal): Promise<FullSize> => {
	const answer = await access.run(point, {
		name: 'full-size', text, args: [way.toIp, String(way.port), String(way.bytes), String(headerBytes(way.toIp))],
	}, {timeoutMs, signal});
	return {
		...way,
		command: describeCommand(way),
		...(answer.ok ? {...readOutcome(answer.stdout), printed: answer.stdout.trim()} : {outcome: 'unknown' as const, because: answer.because, printed: ''}),
	};
};
