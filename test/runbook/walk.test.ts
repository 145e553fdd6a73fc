import {
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import {hostname, tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {Ajv2020} from 'ajv/dist/2020.js';
import test from 'ava';
import {createLocalAccess} from '../../src/access/local.ts';
import {replay} from '../../src/access/recorded.ts';
import {runCommand} from '../../src/access/run.ts';
import {readBundle} from '../../src/bundle/read-bundle.ts';
import {giveConsent} from '../../src/consent.ts';
import {conclude} from '../../src/runbook/deeds-look.ts';
import {judgeCells, judgeNumber} from '../../src/runbook/expect.ts';
import {createLooker} from '../../src/runbook/look.ts';
import type {Mender} from '../../src/runbook/mend.ts';
import {parseRunbook} from '../../src/runbook/parse-runbook.ts';
import {judgeCommand, runCommandAt} from '../../src/runbook/run-command.ts';
import type {WalkNews} from '../../src/runbook/scene.ts';
import {escapeText, fillText} from '../../src/runbook/variables.ts';
import {type Walk, walk} from '../../src/runbook/walk.ts';
import {formatWalkJson} from '../../src/runbook/walk-json.ts';
import {UserFacingError} from '../../src/user-facing-error.ts';

const founding = new URL('../../recordings/founding.bundle', import.meta.url).pathname;
const program = new URL('../../src/hairpin.ts', import.meta.url).pathname;
const {signal} = new AbortController();

const readSteps = (...steps: readonly string[]) => {
	const parsed = parseRunbook(['runbook: hairpin/runbook/v1', 'title: x', 'steps:', ...steps.map(step => `  - ${step}`)].join('\n'));
	if ('mistakes' in parsed) {
		throw new Error(JSON.stringify(parsed.mistakes));
	}

	return parsed.runbook;
};

// A recording can be changed by nothing, and says so.
const unchangeable: Mender = {
	show: async () => giveConsent({isAgreed: true, isReadOnly: true}) as never,
	undo: async () => giveConsent({isAgreed: true, isReadOnly: true}) as never,
};

/** Walks on the founding incident as it was recorded. */
const walkRecording = async (answers: Readonly<Record<string, string>>, ...steps: readonly string[]): Promise<{readonly walked: Walk; readonly news: readonly WalkNews[]}> => {
	const {manifest, lines} = await readBundle(founding);
	const {access, kubectl} = replay(lines, Infinity);
	const news: WalkNews[] = [];
	const looker = createLooker({
		kubectl, createAccess: () => access, service: manifest.service, from: manifest.from, timeoutMs: manifest.timeoutMs, tell: () => undefined, signal,
	});
	const walked = await walk(readSteps(...steps), {
		looker,
		mender: unchangeable,
		people: {answer: async name => answers[name], agree: async () => giveConsent({isAgreed: true, isReadOnly: true})},
		tell(piece) {
			news.push(piece);
		},
		now: () => 0,
		values: new Map(),
	}, false);
	return {walked, news};
};

test('steps look at the same examination, and what was expected is met', async t => {
	const {walked} = await walkRecording(
		{},
		'check: {conclusion: fault, cause: br-netfilter-not-loaded, certain: true, checks: {hairpin-port-off: ok}}',
		'compare: {impossible-reply: true, masqueraded: false, ending: impossible-reply}',
		'inventory: {endpoints: {is: 1}, same-node: true}',
		'text: $(client) on $(client-node) dials $(vip):$(port), and $(backend-ip) answers; $$(client)',
	);
	t.is(walked.exitCode, 0, walked.sentence);
	t.deepEqual(walked.steps.map(({outcome}) => outcome), ['met', 'met', 'met', 'done']);
	t.regex(walked.steps[3].evidence.join('\n'), /^default\/mars1 on k8s1 dials 10\.98\.171\.178:8080, and 10\.244\.0\.\d+ answers; \$\(client\)$/v);
});

test('an expectation that fails stops the walk there, with the evidence and exit code 1', async t => {
	const {walked, news} = await walkRecording({}, 'check: {cause: br-netfilter-not-loaded}', 'compare: {ending: established}', 'text: never');
	t.is(walked.exitCode, 1);
	t.is(walked.sentence, 'step 2 (line the captures up): ending: established was expected, impossible-reply was found');
	t.regex(walked.steps[1].evidence.join('\n'), /impossible: expected 10\.98\.171\.178:8080/v);
	t.false(news.some(piece => piece.type === 'step-begun' && piece.number === '3'));
});

test('what nobody could ask is no success, and a failure beside it counts more', t => {
	const unasked = judgeCells([], {itself: 'open'});
	t.is(conclude(unasked, [], '').outcome, 'undecided');
	t.is(conclude([...unasked, ...judgeNumber('x', 1, {above: 1})], [], '').outcome, 'unmet');
	t.is(conclude([], [], 'it ran').outcome, 'done');
});

test('a question leads into its branch; without an answer the walk ends with exit code 2 and says how to answer', async t => {
	const question = 'ask: sure?\n    name: sure\n    answers: {"yes": [{text: went on}, {stop: enough, call: the network team, as: healthy}], "no": []}';
	const {walked} = await walkRecording({sure: 'yes'}, question, 'text: never');
	t.deepEqual(walked.steps.map(({number, outcome}) => [number, outcome]), [['1', 'done'], ['1.1', 'done'], ['1.2', 'stopped']]);
	t.is(walked.exitCode, 0);
	t.deepEqual(walked.steps[2].evidence, ['call: the network team']);
	const {walked: silent} = await walkRecording({}, question);
	t.is(silent.exitCode, 2);
	t.regex(silent.sentence, /nobody answered "sure" \(yes, no\).*--answer sure=yes/v);
	const {walked: other} = await walkRecording({sure: 'no'}, question, 'stop: here');
	t.deepEqual(other.steps.map(({number}) => number), ['1', '2']);
	t.is(other.exitCode, 2);
});

test('a choice takes the case of the cause, or otherwise', async t => {
	const {walked} = await walkRecording({}, 'check:', 'choose: $(cause)\n    cases: {br-netfilter-not-loaded: [{text: it}], otherwise: [{stop: no}]}', 'choose: $(conclusion)\n    cases: {healthy: [], otherwise: [{stop: "it is $(cause)", as: fault}]}');
	t.deepEqual(walked.steps.map(({number}) => number), ['1', '2', '2.1', '3', '3.1']);
	t.is(walked.exitCode, 1);
	t.regex(walked.sentence, /it is br-netfilter-not-loaded$/v);
});

test('nothing is changed where nothing may be: the step fails with exit code 3 and its sentence', async t => {
	const {walked} = await walkRecording({}, 'fix: br-netfilter', 'text: never');
	t.is(walked.exitCode, 3);
	t.is(walked.failure?.because, 'nothing may be changed with --read-only');
	t.deepEqual(walked.inForce, []);
	const document: unknown = JSON.parse(formatWalkJson(readSteps('text: x'), 'x', walked));
	const isOfSchema = new Ajv2020({allErrors: true, allowUnionTypes: true}).compile(JSON.parse(readFileSync(new URL('../../src/runbook/walk-v1.schema.json', import.meta.url), 'utf8')) as object);
	isOfSchema(document);
	t.deepEqual(isOfSchema.errors ?? [], []);
});

const here = {kind: 'node', node: hostname()} as const;

test('a command gets its words as they are, whatever they hold, and no shell reads them', async t => {
	const access = createLocalAccess(() => '127.0.0.1');
	await access.connect(here.node);
	const words = ['$(id)', '`id`', '; id', '\'"', '* ~', '-n', 'two  blanks', '$HOME', ''];
	const ran = await runCommandAt(access, here, ['printf', '<%s>', ...words], 10, signal);
	t.is(ran.because, '');
	t.is(ran.stdout, words.map(word => `<${word}>`).join(''));
	t.is((await runCommandAt(access, here, ['sh', '-c', 'read -r line; echo "got $line"; exit 7'], 10, signal)).exitCode, 7);
	const slow = await runCommandAt(access, here, ['sleep', '30'], 1, signal);
	t.deepEqual([slow.exitCode, slow.because], [124, 'it may have run out of its 1 s']);
	t.is((await runCommandAt(access, here, ['printf', String.raw`\033[31mred\007`], 10, signal)).stdout, 'red');
	await access.close();
});

test('what a command must do is judged: exit code, texts, expressions, numbers', t => {
	const ran = {
		point: 'k8s1', exitCode: 0, stdout: 'entries 34 of 8192\nmode ipvs\n', stderr: '', because: '',
	};
	const judge = (expectation: Parameters<typeof judgeCommand>[1]) => judgeCommand(ran, expectation).map(({isMet: met}) => met);
	t.deepEqual(judge({}), [true]);
	t.deepEqual(judge({exit: 1}), [false]);
	t.deepEqual(judge({contains: 'ipvs', lacks: 'ipvs'}), [true, true, false]);
	t.deepEqual(judge({matches: '^mode (ipvs|iptables)$'}), [true, true]);
	t.deepEqual(judge({matches: '^ipvs'}), [true, false]);
	t.deepEqual(judge({equals: 'entries 34 of 8192\nmode ipvs'}), [true, true]);
	t.deepEqual(judge({
		number: {
			is: 34, above: 34, below: 35, 'at-least': 35, 'at-most': 34,
		},
	}), [true, true, false, true, false, true]);
	t.deepEqual(judge({number: {find: String.raw`of (\d+)`, 'at-least': 8192}}), [true, true]);
	t.deepEqual(judge({number: {find: 'mode', is: 1}}), [true, undefined], 'what is no number is not told to be one');
	t.deepEqual(judgeCommand({...ran, exitCode: undefined, because: 'no way'}, {}).map(({isMet: met}) => met), [undefined]);
});

test('an expression that would take for ever is given up', t => {
	const startedAt = performance.now();
	const judged = judgeCommand({
		point: 'k8s1', exitCode: 0, stdout: `${'a'.repeat(50)}!`, stderr: '', because: '',
	}, {matches: '^(a+)+$'});
	t.false(judged.at(1)?.isMet);
	t.true(performance.now() - startedAt < 15_000);
});

test('values are put in once, and what stands in them is not looked at again', t => {
	const values = new Map([['a', '$(b)'], ['b', 'x']]);
	t.is(fillText('$(a) $(b) $$(a) $a ${a} $(A)', values), '$(b) x $(a) $a ${a} $(A)'); // eslint-disable-line no-template-curly-in-string
	t.is(fillText(escapeText('echo $(b) $$(b)'), values), 'echo $(b) $$(b)');
	t.throws(() => fillText('$(c)', values), {instanceOf: UserFacingError, message: /the variable c has no value/v});
});

const run = async (...words: readonly string[]) => runCommand([process.execPath, program, 'runbook', ...words], {timeoutMs: 60_000});

test('a draft from a bundle is a runbook without mistakes, with what was found then', async t => {
	const {stdout, exitCode} = await run('--from-bundle', founding);
	t.is(exitCode, 0);
	const parsed = parseRunbook(stdout);
	t.like(parsed, {runbook: {target: {service: 'svc/nginx:8080', from: 'pod/mars1'}}});
	const steps = 'runbook' in parsed ? parsed.runbook.steps : [];
	const {walked} = await walkRecording({}, ...steps.filter(step => 'check' in step || 'compare' in step).map(step => JSON.stringify(step)));
	t.is(walked.exitCode, 0, walked.sentence);
	t.true(steps.some(step => 'fix' in step && step.fix === 'br-netfilter-not-loaded'));
});

test('the command line: shipped ones by name, mistakes, what is missing, and consent', async t => {
	const listed = await run('--list');
	t.regex(listed.stdout, /^founding {6}The founding incident, as the person did it$/mv);
	t.is((await run('--check', 'br-netfilter')).exitCode, 0);
	const mistaken = await run('--check', new URL('../../package.json', import.meta.url).pathname);
	t.is(mistaken.exitCode, 3);
	t.regex(mistaken.stdout, /package\.json:1:1: "runbook" is missing$/mv);
	const directory = mkdtempSync(path.join(tmpdir(), 'runbook-'));
	const commanding = path.join(directory, 'commanding.yaml');
	writeFileSync(commanding, 'runbook: hairpin/runbook/v1\ntitle: x\nsteps:\n  - run: [reboot]\n    at: every-node\n');
	t.teardown(() => {
		rmSync(directory, {recursive: true});
	});
	const cases: ReadonlyArray<readonly [words: readonly string[], says: RegExp]> = [
		[['nowhere.yaml'], /cannot be read: ENOENT.*\ntry: .*founding/v],
		[['br-netfilter'], /this runbook examines a Service, and none was named/v],
		[['br-netfilter', 'svc/x', '--set', 'node=k8s1'], /no variable "node"; did you mean nodes\?/v],
		[['br-netfilter', 'svc/x', '--answer', 'keep=maybe'], /no answer to "keep" "maybe"/v],
		[['br-netfilter', 'svc/x', '--set', 'nodes'], /NAME=VALUE is wanted/v],
		[[], /missing required argument 'file'/v],
		[['--list', '--check', 'x'], /cannot be used with/v],
		[[commanding, 'svc/x'], /nobody agreed to its commands.*\ntry: say --trust/v],
		[[commanding, 'svc/x', '--trust', '--read-only'], /its commands could change something/v],
	];
	for (const [words, says] of cases) {
		// eslint-disable-next-line no-await-in-loop
		const result = await runCommand([process.execPath, program, 'runbook', ...words], {timeoutMs: 60_000});
		t.is(result.exitCode, 3, words.join(' '));
		t.regex(result.stderr, says);
	}
});
