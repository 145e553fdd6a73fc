import {readFileSync} from 'node:fs';
import type {Access, Script} from '../access/access.ts';
import {cleanLine} from '../clean.ts';
import {rulePrograms} from '../evidence/scripts.ts';
import {toHexDigits} from '../hex-address.ts';
import type {NodeRules} from './node-rules.ts';
import {parseNodeRules} from './parse-node-rules.ts';

const vipText = `${rulePrograms}${readFileSync(new URL('vip.sh', import.meta.url), 'utf8')}`;

/** Reads what a node's rules say of a virtual address, and the addresses of its pods, in one round trip. */
export const vipScript = (ip: string): Script => ({text: vipText, args: [ip, toHexDigits(ip).toUpperCase()]});

/** A node that told nothing, and why. */
export type UnreadNode = {
	readonly node: string;
	readonly because: string;
	readonly tryThis: string;
};

export type NodeReading = {readonly ok: true; readonly rules: NodeRules} | ({readonly ok: false} & UnreadNode);

const readTimeoutMs = 70_000;

/** Connects to a node and reads its rules of a virtual address. */
export const readNodeRules = async (access: Access, node: string, ip: string, signal: AbortSignal): Promise<NodeReading> => {
	const connection = await access.connect(node);
	if (!connection.ok) {
		return {...connection, node};
	}

	const answer = await access.run({kind: 'node', node}, vipScript(ip), {timeoutMs: readTimeoutMs, signal});
	if (!answer.ok) {
		return {...answer, node};
	}

	if (!answer.stdout.includes('@@host')) {
		const said = cleanLine(answer.stderr.trim().split('\n').at(-1) ?? '');
		return {
			ok: false, node, because: `its rules could not be read: ${said === '' ? `nothing was printed (exit code ${answer.exitCode})` : said}`, tryThis: 'does sh, with awk and stat, work there?',
		};
	}

	return {ok: true, rules: parseNodeRules(node, answer.stdout)};
};
