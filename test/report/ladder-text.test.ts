import test from 'ava';
import type {Flow} from '../../src/packets/flow.ts';
import {formatLadder} from '../../src/report/ladder-text.ts';
import {readRecordedState} from '../helpers/recorded-evidence.ts';

const readLadder = async (name: string, isWanted: (flow: Flow) => boolean): Promise<readonly string[]> => {
	const {capture} = await readRecordedState(`practice/${name}/found.bundle`);
	const points = (capture?.points ?? []).map(({label, role}) => ({point: label, role}));
	return formatLadder(capture!.flows.find(flow => isWanted(flow))!, points, 3, 400);
};

test('a packet that came to one of two backends is missing at none', async t => {
	const ladder = await readLadder('two-backends', ({ending}) => ending === 'impossible-reply');
	t.is(ladder[0].match(/backend/gv)?.length, 2);
	t.regex(ladder.join('\n'), / S [^\n]*DNAT to 10\.244\.\d+\.\d+:80/v);
	t.notRegex(ladder.join('\n'), /not seen at/v);
});

test('a pod that reaches itself stands at both ends, and what NAT did is told once', async t => {
	const [roles, names, opening, answer] = await readLadder('hairpin-port', ({backend}) => backend !== undefined);
	t.deepEqual(roles.trim().split(/ +/v), ['ms', 'client', 'node', 'backend']);
	const [client, , backend] = names.trim().split(/ +/v, 3);
	t.is(client, backend);
	t.regex(opening, /#\d+ ─+ S ─+ #\d+…\d+ ─+▶ #\d+ +[\d.]+:\d+ → 10\.98\.171\.178:8080 · DNAT to 10\.244\.0\.19:80 · SNAT to 10\.244\.0\.1:\d+$/v);
	t.regex(answer, / #\d+ ◀─+ S\. ─+ #\d+ .*not seen at the client/v);
});
