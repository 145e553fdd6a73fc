import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {runLadder} from '../src/ladder.ts';
import {parseFlowFilter} from '../src/ladder/flow-filter.ts';
import {UserFacingError} from '../src/user-facing-error.ts';
import {pcap, tcp} from './helpers/packet-builder.ts';
import {recording} from './helpers/read-packets.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'hairpin-ladder-'));
test.after.always(() => {
	rmSync(directory, {recursive: true});
});

const run = async (files: readonly string[], request: Partial<Parameters<typeof runLadder>[1]> = {}) => {
	let text = '';
	const warnings: string[] = [];
	const exitCode = await runLadder(files, {
		json: false, summary: false, flow: undefined, ...request,
	}, {
		write(piece) {
			text += piece;
		},
		warn(line) {
			warnings.push(line);
		},
	});
	return {text, warnings, exitCode};
};

const file = (name: string, content: Uint8Array | string): string => {
	const name_ = path.join(directory, name);
	writeFileSync(name_, content);
	return name_;
};

const founding = [recording('same-node-brnf-absent.c'), recording('same-node-brnf-absent.b')];
const masqueraded = [recording('same-node-masquerade-all.c'), recording('same-node-masquerade-all.b'), recording('same-node-masquerade-all.h')];

test('the founding incident: ladder and verdict as they are printed', async t => {
	const {text, exitCode} = await run(founding);
	t.is(exitCode, 1);
	t.snapshot(text);
	t.true(text.split('\n').every(line => line.length <= 120 || line.includes('concluded')));
	t.regex(text, /client frame 4: SYN-ACK from 10\.244\.0\.2:80, expected 10\.98\.171\.178:8080/v);
});

test('the client\'s capture alone is listed, and shows the impossible reply by itself', async t => {
	const {text, exitCode} = await run([founding[0]]);
	t.is(exitCode, 1);
	t.regex(text, /#2 +\S+ {2}ARP who-has 10\.244\.0\.3 tell 10\.244\.0\.2/v);
	const backend = await run([founding[1]]);
	t.is(backend.exitCode, 2);
});

test('masqueradeAll: nothing impossible, and three points in one ladder', async t => {
	const {text, exitCode} = await run(masqueraded, {flow: 'host 10.98.171.178 and port 8080'});
	t.is(exitCode, 0);
	t.regex(text, /1 flow, 1 of them/v);
	t.regex(text, /#1 ─+ S ─+ #1,2 ─+▶ #1/v);
});

test('--json holds every packet, every flow and the verdict', async t => {
	const {text, exitCode} = await run(founding, {json: true});
	const report = JSON.parse(text) as {schema: string; captures: Array<{role: string; packets: unknown[]}>; flows: unknown[]; exitCode: number};
	t.is(report.schema, 'hairpin/ladder/v1');
	t.deepEqual(report.captures.map(({role, packets}) => [role, packets.length]), [['client', 8], ['backend', 9]]);
	t.is(report.flows.length, 1);
	t.is(report.exitCode, exitCode);
	const brief = await run(founding, {json: true, summary: true});
	const summary = JSON.parse(brief.text) as Record<string, unknown>;
	t.like(summary, {counts: {flows: 1, paired: 1}});
	t.is(summary.flows, undefined);
});

test('captures that do not pair are undecided', async t => {
	const lone = file('lone.pcap', pcap([{
		ms: 0, bytes: tcp({
			from: '10.0.0.1:1', to: '10.0.0.2:2', flags: 'S', sequence: 1,
		}),
	}], {linkType: 101}));
	const other = await run([lone, masqueraded[0]]);
	t.is(other.exitCode, 2);
	t.regex(other.text, /nothing pairs/v);
});

test('a damaged end is told, and what came before it is used', async t => {
	const whole = pcap([{ms: 0, bytes: tcp({from: '10.0.0.1:1', to: '10.0.0.2:2', flags: 'S'})}, {ms: 1, bytes: tcp({from: '10.0.0.1:1', to: '10.0.0.2:2', flags: 'S'})}], {linkType: 101});
	const {warnings, text} = await run([file('cut.pcap', whole.subarray(0, -5))]);
	t.is(warnings.length, 1);
	t.regex(warnings[0], /ends inside the record after packet 1, at byte 80/v);
	t.regex(text, /1 packets/v);
});

test('files that are none are refused with the next step', async t => {
	const cases: ReadonlyArray<readonly [string, RegExp]> = [
		[path.join(directory, 'absent.pcap'), /no such file/v],
		[directory, /is a directory/v],
		[file('empty.pcap', ''), /is empty/v],
		[file('text.pcap', 'hello, this is text'), /no capture/v],
		[file('packed.pcap.gz', Uint8Array.of(0x1F, 0x8B, 8, 0, 0, 0)), /compressed/v],
	];
	for (const [name, because] of cases) {
		const error = await t.throwsAsync(run([name]), {instanceOf: UserFacingError}); // eslint-disable-line no-await-in-loop
		t.regex(error?.because ?? '', because);
		t.not(error?.tryThis, '');
	}
});

test('filters read as tcpdump reads them', t => {
	const subject = {
		protocol: 'tcp', version: 4, source: {ip: '10.244.0.3', port: 60_900}, destination: {ip: '10.98.171.178', port: 8080},
	} as const;
	const isMatch = (text: string) => parseFlowFilter(text)(subject);
	const matching = [
		'tcp',
		'ip',
		'host 10.98.171.178 and port 8080',
		'src host 10.244.0.3',
		'dst port 8080',
		'tcp port 8080',
		'net 10.244.0.0/16',
		'not udp',
		'udp or (tcp and dst net 10.98.0.0/16)',
		'host 1.2.3.4 or 10.244.0.3',
		'!(icmp || arp) && src 10.244.0.3',
		'udp or tcp and port 8080',
	];
	for (const text of matching) {
		t.true(isMatch(text), `matches: ${text}`);
	}

	for (const text of ['udp', 'ip6', 'arp', 'dst host 10.244.0.3', 'src port 8080', 'net 10.245.0.0/16', 'port 80', 'tcp or udp and port 80', 'not host 10.244.0.3']) {
		t.false(isMatch(text), `does not match: ${text}`);
	}

	for (const text of ['', 'host', 'port 99999', 'port x', '(tcp', 'tcp)', 'host 1.2.3', 'net 10.0.0.0/40', 'and', 'tcp udp', 'host 10.0.0.0/8']) {
		t.throws(() => isMatch(text), {instanceOf: UserFacingError}, `refused: ${text}`);
	}
});

test('which file is whose is found in any order, also among direct probes, self access and readiness probes', async t => {
	const files = ['backend', 'client', 'node'].map(role => new URL(`fixtures/captures/check.${role}.pcap`, import.meta.url).pathname);
	for (const order of [files, files.toReversed(), [files[2], files[0], files[1]]]) {
		// eslint-disable-next-line no-await-in-loop
		const {text, exitCode} = await run(order);
		t.is(exitCode, 1);
		t.regex(text, /client +check\.client\.pcap/v);
		t.regex(text, /backend +check\.backend\.pcap/v);
		t.regex(text, /node +check\.node\.pcap/v);
		t.regex(text, /client frame 2: SYN-ACK from 10\.244\.0\.25:80, expected 10\.98\.171\.178:8080/v);
	}
});
