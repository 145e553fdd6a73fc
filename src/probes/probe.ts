import {readFileSync} from 'node:fs';
import {
	type Access,
	type Point,
	pointLabel,
} from '../access/access.ts';
import type {Attempt, Cell, Outcome} from './matrix.ts';

const probeText = readFileSync(new URL('probe.sh', import.meta.url), 'utf8');

/** A cell of the matrix before it was asked. */
export type ProbePlan = Omit<Cell, 'attempts' | 'command' | 'error'> & {
	readonly point: Point;
	readonly tries: number;
};

const outcomes: ReadonlySet<string> = new Set<Outcome>(['open', 'refused', 'timeout', 'unreachable', 'error']);

const isOutcome = (word: string): word is Outcome => outcomes.has(word);

const parseAttempts = (text: string): readonly Attempt[] => text.split('\n')
	.map(line => /^attempt (?<outcome>[a-z]+) (?<took>\d+)$/v.exec(line)?.groups)
	.filter(groups => groups !== undefined)
	.map(groups => ({outcome: isOutcome(groups.outcome) ? groups.outcome : 'error', ms: Number(groups.took) / 1000}));

/** What a person would type where the probe ran. */
export const describeProbe = (plan: ProbePlan, tool: string): string => {
	const {toIp, toPort, protocol} = plan;
	const command = tool === 'nc' || tool === 'curl'
		? {nc: `nc -v -z -w 3 ${toIp} ${toPort}`, curl: `curl --connect-timeout 3 telnet://${toIp}:${toPort}`}[tool]
		: `timeout 3 bash -c '</dev/${protocol.toLowerCase()}/${toIp}/${toPort}'`;
	return plan.point.kind === 'pod' ? `nsenter --net=NETNS-OF-${plan.point.pod} ${command}   (on ${plan.fromNode})` : `${command}   (on ${plan.fromNode})`;
};

/** How much later than the attempts themselves the answer may be: each is a process, and a busy node starts many slowly. */
const graceMs = (tries: number): number => 20_000 + (tries * 2000);

/** Makes the planned attempts, all at the same time, and waits for their outcomes. */
export const probe = async (access: Access, plan: ProbePlan, timeoutMs: number, signal: AbortSignal): Promise<Cell> => {
	const {point, tries, ...cell} = plan;
	const seconds = String(Math.max(1, Math.ceil(timeoutMs / 1000)));
	const answer = await access.run(point, {
		name: 'probe',
		text: probeText,
		args: [cell.toIp, String(cell.toPort), cell.protocol.toLowerCase(), seconds, String(tries)],
	}, {timeoutMs: timeoutMs + graceMs(tries), signal});
	if (!answer.ok) {
		return {
			...cell, attempts: [], command: describeProbe(plan, 'bash'), error: answer.because,
		};
	}

	const tool = /^tool (?<tool>[a-z]+)$/mv.exec(answer.stdout)?.groups?.tool ?? 'none';
	const attempts = parseAttempts(answer.stdout);
	const because = tool === 'none' ? `neither bash, nc nor curl on ${plan.fromNode} can make a connection` : answer.stderr.trim();
	return {
		...cell, attempts, command: describeProbe(plan, tool), ...(attempts.length === 0 && {error: because === '' ? `the probe from ${pointLabel(point)} said nothing` : because}),
	};
};
