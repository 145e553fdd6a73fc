import process from 'node:process';
import {Ajv2020} from 'ajv/dist/2020.js';
import test from 'ava';
import {parse} from 'yaml';
import {composeSchema} from '../../src/runbook/json-schema.ts';
import {parseRunbook} from '../../src/runbook/parse-runbook.ts';
import {runbookShape} from '../../src/runbook/runbook-shape.ts';
import {shippedRunbooks} from '../../src/runbook/shipped.ts';
import {createRandom} from '../helpers/random.ts';

const schema = composeSchema(runbookShape, 'hairpin/runbook/v1');
const isOfSchema = new Ajv2020({allErrors: true, allowUnionTypes: true}).compile(JSON.parse(schema) as object);

const mistakesOf = (text: string): readonly string[] => {
	const parsed = parseRunbook(text);
	return 'runbook' in parsed ? [] : parsed.mistakes.map(({line, column, because}) => `${line}:${column} ${because}`);
};

const withSteps = (...steps: readonly string[]): string => ['runbook: hairpin/runbook/v1', 'title: x', 'steps:', ...steps.map(step => `  - ${step}`), ''].join('\n');

for (const [name, text] of shippedRunbooks) {
	test(`${name} has no mistakes, for the program and for an editor`, t => {
		t.deepEqual(mistakesOf(text), []);
		isOfSchema(parse(text));
		t.deepEqual(isOfSchema.errors ?? [], []);
	});
}

/** Mistakes that a schema can see, each with its line and column. */
const structural: ReadonlyArray<readonly [text: string, mistakes: readonly RegExp[]]> = [
	[withSteps('chek:'), [/^4:5 it is not said what to do/v, /^4:5 "chek" is not known here: .*did you mean check\?/v]],
	[withSteps('text: a\n    check:'), [/^5:5 "check" and "text" are two things to do/v]],
	[withSteps('run: [ls]'), [/^4:5 "run" needs "at" beside it/v]],
	[withSteps('run: ls -l\n    at: nod'), [/^4:10 a list is expected \(a command/v, /^5:9 client, backend, node, .* not "nod"; did you mean node\?/v]],
	[withSteps('probe: {client: opn, cleint: open}'), [/^4:21 open, failing, .* not "opn"; did you mean open\?/v, /^4:26 "cleint" is not known here.*did you mean client\?/v]],
	[withSteps('check: {cause: br-netfilter-not-loadd}'), [/^4:20 .* not "br-netfilter-not-loadd"; did you mean br-netfilter-not-loaded/v]],
	[withSteps('run: [ls]\n    at: node\n    expect: {number: {is: "3"}, exit: 256}'), [/^6:27 a number is expected \(exactly this\), not a text/v, /^6:39 a number from 0 to 255 is expected/v]],
	[withSteps('ask: really\n    name: sure\n    answers: {Yes: []}'), [/^6:15 a name of lower-case letters, digits and dashes is expected, not "Yes"/v]],
	[withSteps('text: [a, b]', 'stop: true'), [/^4:11 a text is expected .* not a list/v, /^5:11 a text is expected .* not true \(a text needs quotes\)/v]],
	['runbook: hairpin/runbook/v2\ntitle: x\n', [/^1:1 "steps" is missing/v, /^1:10 hairpin\/runbook\/v1 is expected/v]],
];

for (const [text, mistakes] of structural) {
	test(`found with line and column, and seen by the schema too: ${mistakes.map(({source}) => source).join(' and ')}`, t => {
		const found = mistakesOf(text);
		t.is(found.length, mistakes.length, found.join('\n'));
		for (const [index, mistake] of mistakes.entries()) {
			t.regex(found[index], mistake);
		}

		t.false(isOfSchema(parse(text)));
	});
}

/** Mistakes that only the program sees. */
const others: ReadonlyArray<readonly [text: string, mistake: RegExp]> = [
	[withSteps('fix: br-netfiltr'), /^4:10 there is no check and no change "br-netfiltr".*did you mean br-netfilter/v],
	[withSteps('fix: masquerade-all=maybe'), /^4:10 there is no check and no change/v],
	[withSteps('text: to $(clinet)'), /^4:14 there is no variable "clinet".*did you mean client/v],
	[withSteps('undo: repair'), /^4:11 no step before this one that fixes is called "repair"/v],
	[withSteps('stop: here', 'text: never'), /^5:5 this is never reached/v],
	[withSteps('text: a\n    name: one', 'text: b\n    name: one'), /^7:11 another step is called "one" already/v],
	[withSteps('run: [ls]\n    at: node\n    expect: {matches: "("}'), /^6:23 Invalid regular expression/v],
	[withSteps('choose: $(cause)\n    cases: {otherwise: [], br-netfilter-not-loded: []}'), /^5:28 there is no check "br-netfilter-not-loded"; did you mean/v],
	[`${withSteps('text: a')}variables: {client: {default: x}}\n`, /^5:13 "client" is given by the target/v],
	[withSteps('text: a\n    text: b'), /^5:5 "text" is there twice/v],
	[withSteps('text: &a x', 'text: *a'), /^5:11 an alias \(\*a\) is not taken/v],
	[withSteps('text: !!js/function x'), /this is not YAML that is taken: Unresolved tag/v],
	[withSteps('text: "a'), /^\d+:\d+ this is not YAML that is taken/v],
	[withSteps('text: "\u{1B}[31m"'), /^4:12 the character U\+001B is not taken/v],
	[withSteps('text: "\u{202E}"'), /^4:12 the character U\+202E is not taken/v],
	[`${withSteps('text: a')}---\n`, /multiple documents/v],
	['', /^1:1 a map of fields is expected/v],
];

for (const [text, mistake] of others) {
	test(`found with line and column: ${mistake.source}`, t => {
		const found = mistakesOf(text);
		t.is(found.length, 1, found.join('\n'));
		t.regex(found[0], mistake);
	});
}

test('numbers and words that look like something else stay as they were written', t => {
	const parsed = parseRunbook(withSteps('run: [nc, -w, 3, 0x10, 1.10, true]\n    at: client'));
	t.like(parsed, {runbook: {steps: [{run: ['nc', '-w', '3', '0x10', '1.10', 'true']}]}});
});

const size = 64_000;

const bombs: Readonly<Record<string, string>> = {
	'a billion laughs': `runbook: &a [x, x]\n${Array.from('bcdefghijklm', (letter, index) => `${letter}: &${letter} [${Array.from({length: 9}, () => `*${'abcdefghijklm'[index]}`).join(', ')}]`).join('\n')}`,
	'ten megabytes': 'a'.repeat(10_000_000),
	'brackets without end': '['.repeat(size),
	'maps in maps': '{a: '.repeat(size / 4),
	'lists in lists': '- '.repeat(size / 2),
	'questions in questions': '? '.repeat(size / 2),
	'lines that go deeper': Array.from({length: 350}, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
	'thousands of fields': Array.from({length: 8000}, (_, index) => `a${index}: 1`).join('\n'),
	'the same field thousands of times': 'a: 1\n'.repeat(size / 5),
	quotes: '"'.repeat(size),
	commas: `[${','.repeat(size - 1)}`,
	'empty lines': '\n'.repeat(size),
	anchors: '&a '.repeat(size / 3),
	zeros: '\0'.repeat(size),
	'a step in a step in a step': `${withSteps('ask: a')}${Array.from({length: 60}, (_, depth) => `${' '.repeat((depth * 2) + 4)}answers: {a: [{ask: b,`).join('\n')}`,
};

for (const [name, text] of Object.entries(bombs)) {
	test(`${name}: refused, soon, and in bounded memory`, t => {
		const before = process.memoryUsage().rss;
		const startedAt = performance.now();
		const found = mistakesOf(text);
		t.true(found.length > 0 && found.length <= 51, String(found.length));
		t.true(found.every(line => line.length < 1000 && !/\p{Control}/v.test(line)));
		t.true(performance.now() - startedAt < 20_000);
		t.true(process.memoryUsage().rss - before < 400_000_000);
	});
}

const pieces = ['[', '{', '- ', ': ', '*a', '&a ', '"', '\'', '|\n', '!!set ', '\u{7}', '\t', '\r', '$(x)', '${', '0x', 'null', '? ', '---\n', '#', '%', '\u{FEFF}', '\u{D800}', '~'];

test('thousands of mutated runbooks: each is one, or is refused with lines and columns that it has', t => {
	const random = createRandom(20_261_127);
	const texts = shippedRunbooks.values().toArray();
	let refused = 0;
	for (let round = 0; round < 3000; round++) {
		let text = texts[round % texts.length];
		for (let count = 0; count <= round % 4; count++) {
			const at = random.below(text.length);
			text = text.slice(0, at) + random.pick(pieces) + text.slice(at + random.below(12));
		}

		const parsed = parseRunbook(text);
		if ('mistakes' in parsed) {
			refused++;
			const lines = text.split('\n');
			t.true(parsed.mistakes.every(({line, column}) => line >= 1 && line <= lines.length && column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 2), JSON.stringify(text));
		} else {
			isOfSchema(parse(text, {version: '1.2'}));
			t.true(parsed.runbook.steps.length > 0);
		}
	}

	t.true(refused > 1000 && refused < 3000, String(refused));
});
