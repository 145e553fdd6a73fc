import test from 'ava';
import {faultCases} from '../cluster/faults/fault-table.ts';
import {
	formatTable,
	mergeRows,
	parseTable,
	type TableRow,
	withKubernetes,
} from '../cluster/faults/result-table.ts';

const row = (title: string, more: Partial<TableRow> = {}): TableRow => ({
	fault: 'F14', title, mode: 'ipvs', seen: 'timeout', expected: 'none', said: 'none', viaKubernetes: undefined, walks: {agrees: 5, unknown: 1, disagrees: 0}, isRight: true, ...more,
});

test('a table is read back as it was written', t => {
	const rows = [row('one'), row('two', {
		fault: 'decoy', seen: 'open', said: 'forward-drop', walks: undefined, isRight: false,
	}), row('three', {seen: 'stalls', viaKubernetes: 'none'})];
	const text = formatTable(rows);
	t.deepEqual(parseTable(text), rows);
	t.true(text.includes('2 of 3 right; false accusations: 1. Over Kubernetes: 1 of 1 the same.'));
	t.true(text.includes('Of 12 probes that packets were walked through the rules for (rows: 2): 10 as foretold, 2 of which'));
});

test('a new row takes the place of the one that is kept, and a state that is no case any more is left out', t => {
	const kept = [row('two', {isRight: false}), row('gone')];
	t.deepEqual(mergeRows(kept, [row('two'), row('one')], ['one', 'two', 'never made']), [row('one'), row('two')]);
	t.deepEqual(mergeRows(kept, [row('two', {mode: 'iptables'})], ['two']), [...kept.slice(0, 1), row('two', {mode: 'iptables'})]);
});

test('what was said over Kubernetes stays when it is asked over SSH again, and an accusation there counts', t => {
	const said = {
		...row('one'), said: 'forward-policy-drop', walks: undefined, mistakes: ['cause forward-policy-drop'],
	};
	const asked = withKubernetes(row('one'), said);
	t.is(asked.viaKubernetes, 'wrong: forward-policy-drop');
	t.is(mergeRows([asked], [row('one')], ['one'])[0].viaKubernetes, 'wrong: forward-policy-drop');
	t.true(formatTable([asked]).includes('false accusations: 1. Over Kubernetes: 0 of 1 the same.'));
});

test('no two cases share a title, by which rows are found, and no title breaks a row', t => {
	const titles = faultCases.map(({title}) => title);
	t.is(new Set(titles).size, titles.length);
	t.deepEqual(titles.filter(title => title.includes('|')), []);
});
