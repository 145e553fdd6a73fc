import test from 'ava';
import stringWidth from 'string-width';
import {summarizeFleet} from '../../src/fleet/summarize-fleet.ts';
import type {Fleet} from '../../src/fleet/fleet.ts';
import {formatNodesJson} from '../../src/report/nodes-json.ts';
import {formatNodesTable} from '../../src/report/nodes-table.ts';
import {formatNodesText} from '../../src/report/nodes-text.ts';
import {fitTable} from '../../src/report/table.ts';
import {read} from '../helpers/evidence-builder.ts';
import {fleetOf, reportOf} from '../helpers/fleet-builder.ts';
import {findMistakes} from '../helpers/report-schema.ts';

const unread = {node: 'k8s4', because: 'nobody answers', tryThis: 'is it up?'};
const incident = fleetOf([
	reportOf('k8s1', {bridgeNetfilter: 'absent'}),
	reportOf('k8s2', {bridgeNetfilter: 0, hairpinMode: 0}),
	reportOf('k8s3', {mode: 'iptables', more: {kernel: {unknown: 'the script did not start'}}}),
], [unread]);

const text = (fleet: Fleet, isAll = false): string => formatNodesText(fleet, summarizeFleet(fleet), isAll);

test('the JSON fits its schema, with unread nodes and values, and the schema refuses what it should', t => {
	const document = JSON.parse(formatNodesJson(incident, summarizeFleet(incident), 1)) as Record<string, unknown>;
	t.deepEqual(findMistakes(document, 'nodes'), []);
	t.like(document, {
		schema: 'hairpin/nodes/v1', conclusion: 'fault', exitCode: 1, unreachable: [unread],
	});
	t.deepEqual(findMistakes({...document, conclusion: 'fine'}, 'nodes'), ['/conclusion must be equal to one of the allowed values']);
	t.true(findMistakes({...document, nodes: [{node: 'x'}]}, 'nodes').length > 2);
	t.true(findMistakes({}, 'nodes').length > 5);
});

test('the text has a row for each node, what was not read, what differs, the findings, the verdict and the repair', t => {
	const report = text(incident);
	t.regex(report, /^NODE +WAY +BR_NF +BOOT +FWD +POLICY +PROXY +MASQ +PORTS +CT +KERNEL\n/v);
	t.regex(report, /\nk8s1 +ssh +no +yes +1 +ACCEPT +ipvs +off +2\/2 +10\/8192 +6\.1\.192\n/v);
	t.regex(report, /\nk8s2 +ssh +calls 0 .* 0\/2 /v);
	t.regex(report, /\nk8s3 +ssh +loaded .* iptables .* \?\n/v);
	t.regex(report, /\nnot read\n {2}k8s4: nobody answers; try: is it up\?\n/v);
	t.regex(report, /\n\? means\n {2}k8s3: kernel: the script did not start\n/v);
	t.regex(report, /k8s3 differs from most others: kube-proxy mode iptables instead of ipvs\n/v);
	t.regex(report, /would break {2}br-netfilter-not-loaded on k8s1\n/v);
	t.regex(report, /latent +hairpin-port-off on k8s2\n/v);
	t.regex(report, /verdict {2}fault: on 2 of 3 nodes Services would break/v);
	t.regex(report, /# on k8s1, as root\n {4}modprobe br_netfilter\n/v);
});

test('what is told is no wider than 80 columns, but for commands and the reasons of others', t => {
	const long = fleetOf(Array.from({length: 9}, (_, index) => reportOf(`ip-10-0-${index}-23.eu-west-1.compute.internal`, {
		more: {kernel: read('5.15.0-1054-aws'), conntrack: read({count: 131_000, max: 262_144})}, ...(index === 3 && {ipForward: 0}),
	})));
	const [told] = text(long).split('\nwhat would fix it', 1);
	t.deepEqual(told.split('\n').filter(line => stringWidth(line) > 80), []);
	t.regex(told, /\nip[^\s\u{2026}]*\u{2026}\S*-3-23 +ssh +loaded +yes +0 .* 131k\/262k +5[^\s\u{2026}]*\u{2026}\S*aws\n/v);
	t.regex(told, /\(names without \.eu-west-1\.compute\.internal\)/v);
	t.regex(told, /ip-10-0-3-23\.eu-west-1\.compute\.internal/v, 'findings have the whole name');
});

test('cells are cut in the middle by their width on screen, in the order in which columns may be', t => {
	t.deepEqual(fitTable([['名前名前名前', 'x'], ['a', 'yyyyyyyyyy']], 20, [0]), ['名…名前  x', 'a        yyyyyyyyyy']);
	t.deepEqual(fitTable([['abcdefgh', 'abcdefgh']], 17, [1, 0]), ['abcdefgh  ab…efgh']);
	t.deepEqual(fitTable([['abcdefgh', 'abcdefgh']], 14, [1, 0]), ['a…efgh  a…efgh']);
	t.deepEqual(fitTable([['abcdefgh']], 2, [0]), ['a…efgh'], 'something is left of every cell');
	t.deepEqual(fitTable([['a', 'b']], 80, [0]), ['a  b']);
});

test('many nodes that are alike share a row, with all their ports and the fullest conntrack table', t => {
	const many = [
		...Array.from({length: 37}, (_, index) => reportOf(`n${index}`, {more: {conntrack: read({count: index, max: 8192})}})),
		reportOf('odd', {ipForward: 0}),
	];
	const table = formatNodesTable(many, false, 80);
	t.is(table.length, 5);
	t.regex(table[1], /^37 alike +ssh +loaded .* 74\/74 +36\/8192 /v);
	t.regex(table[2], /^odd +ssh .* 0 /v);
	t.is(table[3], '37 nodes alike: n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11 and 25 more');
	t.is(formatNodesTable(many, true, 80).length, 39);
	t.is(formatNodesTable(many.slice(0, 5), false, 80).length, 6, 'a few are shown one by one');
	t.regex(text(fleetOf(many)), /odd differs from the 37 others: ip_forward 0 instead of 1\n/v);
});

test('without any node there is no table, only why', t => {
	t.is(text(fleetOf([], [unread])), 'not read\n  k8s4: nobody answers; try: is it up?\n\nverdict  undecided: 1 of 1 node could not be read\n');
});
