import test from 'ava';
import {parse, stringify} from 'yaml';
import {editJson, editYaml} from '../../src/changes/edit-document.ts';
import {createRandom} from '../helpers/random.ts';

const config = `# made by hand
apiVersion: kubeproxy.config.k8s.io/v1alpha1
iptables: # why
    masqueradeAll:   false   # keep me
    minSyncPeriod: 0s
mode: "ipvs"
ipvs: {strictARP: false}
# end
`;

const edit = (text: string, path: ReadonlyArray<string | number>, value: string | number | boolean): string => {
	const edited = editYaml(text, path, value);
	return 'text' in edited ? edited.text : `refused: ${edited.refused}`;
};

test('one value changes, and every other byte stays', t => {
	t.is(edit(config, ['iptables', 'masqueradeAll'], true), config.replace('  false ', '  true '));
	t.is(edit(config, ['mode'], 'iptables'), config.replace('"ipvs"', 'iptables'));
	t.is(edit(config.replaceAll('\n', '\r\n'), ['iptables', 'masqueradeAll'], true), config.replaceAll('\n', '\r\n').replace('  false ', '  true '));
	t.is(edit(config.trimEnd(), ['mode'], 'nftables'), config.trimEnd().replace('"ipvs"', 'nftables'));
	t.is(edit(`\u{FEFF}${config}`, ['mode'], 'iptables'), `\u{FEFF}${config.replace('"ipvs"', 'iptables')}`);
});

test('what is missing is added behind its siblings, indented as they are', t => {
	t.is(edit(config, ['iptables', 'syncPeriod'], '30s'), config.replace('    minSyncPeriod: 0s\n', '    minSyncPeriod: 0s\n    syncPeriod: 30s\n'));
	t.is(edit(config, ['ipvs', 'scheduler'], 'rr'), config.replace('strictARP: false', 'strictARP: false, scheduler: rr'));
	t.deepEqual(parse(edit(config, ['conntrack', 'min'], 5)), {...parse(config) as object, conntrack: {min: 5}});
	t.is(edit('mode: ""', ['iptables', 'masqueradeAll'], true), 'mode: ""\niptables:\n  masqueradeAll: true\n');
	t.is(edit('iptables: # none\nmode: a\n', ['iptables', 'masqueradeAll'], true), 'iptables: # none\n  masqueradeAll: true\nmode: a\n');
	t.is(edit('iptables: {}\n', ['iptables', 'masqueradeAll'], true), 'iptables: {masqueradeAll: true}\n');
	t.is(edit('mode:\n', ['mode'], 'ipvs'), 'mode: ipvs\n');
	t.is(edit('a: |\n  text\n  more\nb: 1\n', ['c', 'd'], true), 'a: |\n  text\n  more\nb: 1\nc:\n  d: true\n');
});

test('what is not one YAML document is refused with its line', t => {
	t.regex(edit('mode: ipvs\niptables: [', ['mode'], 'iptables'), /^refused: line 2, column \d+ is not YAML: /v);
	t.regex(edit('a: 1\n---\nb: 2\n', ['a'], 2), /^refused: it has 2 YAML documents/v);
	t.regex(edit('- a\n', ['a'], 2), /^refused: it has no fields/v);
	t.regex(edit('iptables: text\n', ['iptables', 'masqueradeAll'], true), /^refused: iptables has no fields/v);
	t.regex(edit('mode: {a: 1}\n', ['mode'], 'ipvs'), /^refused: mode is not a single value/v);
});

type Tree = {[key: string]: Tree | string | number | boolean};

const randomTree = (random: ReturnType<typeof createRandom>, depth: number): Tree => Object.fromEntries(Array.from({length: random.between(1, 5)}, (_, index) => [
	`key${index}`,
	depth > 0 && random.chance(0.4) ? randomTree(random, depth - 1) : random.pick<string | number | boolean>(['text', 'with: colon', '# hash', 7, true, false, 'null', '', 'a\nb']),
]));

const leavesOf = (tree: Tree, path: readonly string[] = []): ReadonlyArray<readonly string[]> => Object.entries(tree)
	.flatMap(([key, value]) => (typeof value === 'object' ? leavesOf(value, [...path, key]) : [[...path, key]]));

const withComments = (text: string, random: ReturnType<typeof createRandom>): string => text.split('\n')
	.map(line => (/^ *key\d: (?:text|7|true)$/v.test(line) && random.chance(0.5) ? `${line} # said` : line)).join('\n');

test('of random documents nothing else changes, and the old value brings the old meaning back', t => {
	const random = createRandom(7);
	for (let round = 0; round < 300; round++) {
		const text = withComments(stringify(randomTree(random, 2), {indent: random.pick([2, 4])}), random);
		const tree = parse(text) as Tree;
		const path = random.pick(leavesOf(tree));
		const edited = edit(text, path, 'changed');
		const expected = structuredClone(tree);
		let place = expected;
		for (const key of path.slice(0, -1)) {
			place = place[key] as Tree;
		}

		const old = place[path.at(-1) ?? ''] as string;
		place[path.at(-1) ?? ''] = 'changed';
		t.deepEqual(parse(edited), expected, text);
		t.deepEqual(parse(edit(edited, path, old)), tree, edited);
		const [before, after] = [text.split('#').length, edited.split('#').length];
		t.true(after >= before - 1);
	}
});

test('JSON keeps its bytes, too', t => {
	const flannel = '{\n\t"name": "cbr0",\n\t"plugins": [\n\t\t{"type": "flannel", "delegate": {"hairpinMode": false, "isDefaultGateway": true}},\n\t\t{"type": "portmap"}\n\t]\n}\n';
	t.deepEqual(editJson(flannel, ['plugins', 0, 'delegate', 'hairpinMode'], true), {text: flannel.replace('"hairpinMode": false', '"hairpinMode": true')});
	t.deepEqual(editJson('{"type": "bridge"}', ['hairpinMode'], true), {text: '{"type": "bridge","hairpinMode": true}'});
	const refused = editJson('{"type": ', ['hairpinMode'], true);
	t.regex('refused' in refused ? refused.refused : '', /is not JSON/v);
});

test('what stands where a value is missing stays beside it', t => {
	t.is(edit('mode: # why\nx: 1\n', ['mode'], 'ipvs'), 'mode: ipvs # why\nx: 1\n');
	t.deepEqual(parse(edit('iptables: ~ # none\nx: 1\n', ['iptables', 'masqueradeAll'], true)), {iptables: {masqueradeAll: true}, x: 1});
	t.regex(edit('iptables: ~ # none\nx: 1\n', ['iptables', 'masqueradeAll'], true), /# none/v);
	t.is(edit('a: {b: 1,}\n', ['a', 'c'], 2), 'a: {b: 1,c: 2}\n');
	t.is(edit('a:\r\n  b: 1\r\n', ['a', 'c'], 2), 'a:\r\n  b: 1\r\n  c: 2\r\n');
	t.is(edit('mode: |\r\n  x\r\nb: 1\r\n', ['mode'], 'ipvs'), 'mode: ipvs\r\nb: 1\r\n');
	t.is(edit('a: 1\n...\n', ['c'], 'd'), 'a: 1\nc: d\n...\n');
});

test('a value that counts elsewhere, too, is refused', t => {
	t.regex(edit('mode: &m ipvs\nother: *m\n', ['mode'], 'iptables'), /^refused: mode is written so that a change of it would change more/v);
	t.is(edit('mode: &m ipvs\nother: 1\n', ['mode'], 'iptables'), 'mode: &m iptables\nother: 1\n');
	t.regex(edit('mode: *m\n', ['mode'], 'iptables'), /^refused: /v);
	t.regex(edit('? a\n: b\n', ['c'], 'd'), /^refused: /v);
	t.regex(edit('iptables:\n\tx: 1\n', ['mode'], 'd'), /^refused: line 2, column 1 is not YAML: Tabs/v);
	t.regex(edit('a: 1\na: 2\n', ['a'], 3), /^refused: line 2, column 1 is not YAML: Map keys must be unique/v);
	t.regex(edit('# only this\n', ['a'], 3), /^refused: it has 0 YAML documents/v);
});

test('of random documents every byte outside of the value stays, and comes back with it', t => {
	const random = createRandom(11);
	for (let round = 0; round < 200; round++) {
		const eol = random.pick(['\n', '\r\n']);
		const value = random.pick(['ipvs', '7', 'true']);
		const around = () => Array.from({length: random.between(0, 4)}, (_, index) => random.pick(['# said', '', `k${random.between(0, 1e6)}${index}: "a # b"`, `l${random.between(0, 1e6)}${index}: {a: [1, 2],   b: x}`]));
		const text = [...around(), `mode:${' '.repeat(random.between(1, 4))}${value}${random.pick(['', '  # why', ' '])}`, ...around()].join(eol) + random.pick(['', eol]);
		const edited = edit(text, ['mode'], 'iptables');
		t.is(edited, text.replace(new RegExp(`(?<=mode: {1,4})${value}`, 'v'), 'iptables'));
		t.is(edit(edited, ['mode'], value === 'ipvs' ? value : JSON.parse(value) as boolean), text);
	}
});

test('JSON with no place for the value is refused', t => {
	for (const text of ['{"plugins": 5}', '[]', '']) {
		t.true('refused' in editJson(text, ['plugins', 0, 'hairpinMode'], true), `${text} is refused`);
	}
});
