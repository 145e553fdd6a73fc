import {readFileSync} from 'node:fs';
import type {
	Access,
	Point,
	Script,
	Stream,
} from '../access/access.ts';
import {startMarker} from '../access/remote-script.ts';
import {cleanLine} from '../clean.ts';
import {toHexDigits} from '../hex-address.ts';
import type {PointRole} from '../packets/flow.ts';

const captureText = readFileSync(new URL('capture.sh', import.meta.url), 'utf8');
const maxPackets = 50_000;
const maxSeconds = 120;
const armTimeoutMs = 30_000;
// Longer than reading the entries of a full conntrack table takes.
const stopTimeoutMs = 20_000;

export type TapPlan = {
	readonly point: Point;
	readonly label: string;
	readonly role: PointRole;
	/** `any`, `eth0`, or `default` for the interface of the default route. */
	readonly interfaceName: string;
	readonly filter: string;
	/** Read the node's entries of this client and VIP in the round trip that stops the capture. */
	readonly entries?: {readonly clientIp: string; readonly vip: string};
};

/** What tcpdump and our script said about a capture. */
export type TapReport = {
	readonly kernelDrops: number | undefined;
	readonly problem: string | undefined;
	readonly facts: ReadonlyArray<readonly [key: string, value: string]>;
};

/** One running tcpdump. */
export type Tap = {
	readonly plan: TapPlan;
	readonly command: string;
	/** Settles when tcpdump listens, with undefined, or with the reason why it never will. */
	readonly armed: Promise<string | undefined>;
	stop(): Promise<TapReport>;
};

/** An address as /proc/net/ip_vs_conn writes it (ip_vs_conn_seq_show in net/netfilter/ipvs/ip_vs_conn.c). */
const toIpvsAddress = (ip: string): string => {
	const digits = toHexDigits(ip);
	return ip.includes(':') ? (digits.match(/.{4}/gv) ?? []).join(':') : digits.toUpperCase();
};

const scriptOf = ({interfaceName, filter, entries}: TapPlan): Script => ({
	name: 'capture',
	text: captureText,
	args: [interfaceName, filter, String(maxPackets), String(maxSeconds), entries?.clientIp ?? '', entries?.vip ?? '', entries ? toIpvsAddress(entries.vip) : ''],
});

const describe = ({interfaceName, filter, label}: TapPlan): string =>
	`tcpdump -p -nn -s 256 -U --immediate-mode -i ${interfaceName === 'default' ? 'eth0' : interfaceName} -w - '${filter}'   (in ${label})`;

const parseReport = (text: string, because: string | undefined): TapReport => {
	const facts = text.split('\n')
		.map(line => /^hairpin: (?<key>[\-a-z]+) (?<value>.*)$/v.exec(line)?.groups)
		.filter(groups => groups !== undefined)
		.map(groups => [groups.key, cleanLine(groups.value)] as const);
	const drops = /\b(?<count>\d{1,12}) packets? dropped by kernel/v.exec(text)?.groups?.count;
	const problem = facts.find(([key]) => key === 'problem')?.[1];
	const said = text.split('\n').findLast(line => line !== '' && !line.startsWith('hairpin: '));
	return {
		kernelDrops: drops === undefined ? undefined : Number(drops),
		problem: problem ?? (drops === undefined ? cleanLine(said ?? because ?? 'it ended early') : undefined),
		facts,
	};
};

/** Collects standard error and says when tcpdump listens. */
const watchErrors = (stream: Stream) => {
	let text = '';
	const {promise: armed, resolve} = Promise.withResolvers<boolean>();
	const read = async () => {
		const decoder = new TextDecoder();
		for await (const chunk of stream.stderr) {
			text = `${text}${decoder.decode(chunk, {stream: true})}`.slice(0, 200_000);
			if (text.includes('listening on ')) {
				resolve(true);
			}
		}

		resolve(false);
	};

	return {armed, done: read(), text: () => text.replace(`${startMarker}\n`, '')};
};

const readPackets = async (stream: Stream, receive: (chunk: Uint8Array) => void): Promise<void> => {
	for await (const chunk of stream.stdout) {
		receive(chunk);
	}
};

/** Starts tcpdump at a point. `receive` gets the pcap bytes as they come. */
export const openTap = (access: Access, plan: TapPlan, receive: (chunk: Uint8Array) => void): Tap => {
	const stream = access.stream(plan.point, scriptOf(plan));
	const errors = watchErrors(stream);
	const packets = readPackets(stream, receive);
	const finish = async (): Promise<TapReport> => {
		stream.finish();
		const timer = setTimeout(() => {
			stream.kill('SIGKILL');
		}, stopTimeoutMs);
		await Promise.all([packets, errors.done]);
		const {because} = await stream.ended;
		clearTimeout(timer);
		return parseReport(errors.text(), because);
	};

	let report: Promise<TapReport> | undefined;
	const stop = async (): Promise<TapReport> => {
		report ??= finish();
		return report;
	};

	const becomeArmed = async (): Promise<string | undefined> => {
		const timer = setTimeout(() => {
			stream.kill('SIGKILL');
		}, armTimeoutMs);
		const isArmed = await errors.armed;
		clearTimeout(timer);
		if (isArmed) {
			return undefined;
		}

		const {problem} = await stop();
		return problem ?? 'it ended before it listened';
	};

	return {
		plan, command: describe(plan), armed: becomeArmed(), stop,
	};
};
