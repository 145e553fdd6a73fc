import type {Buffer} from 'node:buffer';
import {
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {Readable} from 'node:stream';
import test, {type ExecutionContext} from 'ava';
import {replay} from '../../src/access/recorded.ts';
import {type CommandResult, runCommand} from '../../src/access/run.ts';
import {readBundle, unpackBundle} from '../../src/bundle/read-bundle.ts';
import {formatState, repairOf} from '../../src/check-command.ts';
import {formatComparison} from '../../src/fix-command.ts';
import {examine} from '../../src/fix/gather.ts';
import {prepareFix} from '../../src/fix/prepare-fix.ts';
import {beginBundle} from '../../src/keep-bundle.ts';
import {createFixKeeper} from '../../src/keep-fix.ts';
import {type FixOptions, parseOptions} from '../../src/options.ts';
import {recordingOf} from '../../src/practice/read-recordings.ts';
import {practiceIncidents} from '../../src/practice-incidents.ts';
import {redactBeside} from '../../src/redact-report.ts';
import {stampIncident} from '../../src/report-files.ts';
import {formatPreview} from '../../src/report/fix-text.ts';
import {formatMarkdown} from '../../src/report/markdown.ts';
import {isThorough} from '../helpers/is-thorough.ts';
import {answerJson, createFakeKubectl, readRecordedAnswers} from '../helpers/fake-kubectl.ts';
import {everythingIn, findAgain, originalsIn} from '../helpers/originals.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'redacted-fix-'));
test.after.always(() => {
	rmSync(directory, {recursive: true});
});
const {signal} = new AbortController();
const journal = '/home/alice/.local/state/hairpin/journal/x.json';

const timelineOf = async (bytes: Buffer): Promise<readonly string[]> => {
	const {entries} = await unpackBundle('it', Readable.from([bytes]));
	return entries.entries().filter(([name]) => name.startsWith('timeline/')).flatMap(([, lines]) => lines.toString().trim().split('\n')).map(line => JSON.parse(line) as {readonly event: string; readonly says: string}).map(({event, says}) => `${event} ${says}`).toArray();
};

/** What `hairpin fix CHANGE --bundle FILE --redact` would keep of a practice incident and of a change that was made in it. */
const keepFix = async (t: ExecutionContext, incident: typeof practiceIncidents[number], change: string) => {
	const recordings = 'recordings/practice/';
	const [found, changed] = await Promise.all([recordingOf(incident), recordingOf(incident, change)].map(async file => readBundle(recordings + file)));
	const {service, from = ''} = found.manifest;
	const file = path.join(directory, `${incident.name}-${change}.bundle`);
	const options = {...parseOptions(['fix', change, service, '--from', from, '--all-nodes', '--bundle', file, '--redact', '--ssh', 'k8s1=carol@bastion.acme.example']) as FixOptions, id: change, service};
	const told: string[] = [];
	const bundle = beginBundle({...options, bundleFile: file, isRedacted: true}, {
		warn(line) {
			told.push(line);
		},
		formatReport: formatState,
	})!;
	const keeper = createFixKeeper(bundle.kept, formatState);
	const {kept} = keeper;
	const first = replay(found.lines, Infinity);
	const before = await examine({
		options, kubectl: kept.kubectl(first.kubectl) as never, access: kept.access(first.access), tell: keeper.event, more: {keepCaptures: kept.captures, onJudged: kept.judged}, signal,
	});
	const [asked, besides] = [replay(found.lines, Infinity, change), kept.besides('change')];
	const {preview} = await prepareFix(before, {
		options, kubectl: besides.kubectl(asked.kubectl), access: besides.access(asked.access), signal, onNodes: () => undefined,
	});
	keeper.shown(preview);
	keeper.told({type: 'journal-written', file: journal});
	keeper.told({type: 'node-begun', node: 'k8s1', isCanary: true});
	const [second, later] = [replay(changed.lines, Infinity), kept.besides('after')];
	const after = await examine({
		options, kubectl: later.kubectl(second.kubectl) as never, access: later.access(second.access), tell: keeper.event, signal,
	});
	const result = [...formatComparison(before, after), 'put it back with: hairpin undo x'].join('\n');
	keeper.made(result);
	const redacted = await bundle.end(true);
	t.is(told.length, 1, told.join('\n'));
	const incidentNow = stampIncident({
		state: before, exitCode: 0, repairOf: repairOf(before), timeline: [{atMs: 1, text: formatPreview(preview)}],
		change: {
			id: change, title: preview.title, steps: formatPreview(preview).split('\n'), before: before.matrix, after: after.matrix, undo: 'hairpin undo x',
		},
	});
	return {
		redacted, bytes: readFileSync(file), originals: originalsIn(readFileSync(recordings + recordingOf(incident))), before, report: formatMarkdown(redactBeside(incidentNow, redacted, repairOf)!),
	};
};

// All five of them take a minute more: HAIRPIN_EVERY=1.
const kept = isThorough ? practiceIncidents : practiceIncidents.slice(0, 2);

for (const incident of kept) {
	const change = incident.changes[0];
	test(`${incident.name}, ${change}: what a fix found, showed, did and came to is kept redacted, and judged again it has the same cause`, async t => {
		const {redacted, bytes, originals, before, report} = await keepFix(t, incident, change);
		t.true(redacted?.isSame);
		t.is(redacted?.state?.diagnosis?.cause?.check.id, before.diagnosis?.cause?.check.id);
		const words = [...originals, 'alice', 'carol', 'acme'];
		t.deepEqual(findAgain(everythingIn(bytes), words), []);
		t.deepEqual(findAgain(report, words), []);
		const timeline = (await timelineOf(bytes)).join('\n');
		t.regex(timeline, /\nchange-shown what is done\n[\s\S]*\nchange-told node-\d+: begun, as the first one\n[\s\S]*\nchange-made before and after\n[\s\S]*\nchange-made put it back with: hairpin undo x$/v);
		t.regex(timeline, /^change-made +(?:ns-\d+|default)\/pod-\d+ +node-\d+ /mv);
	});
}

/** Runs hairpin with a recorded API, and nodes that let us in and answer nothing. */
const run = async (t: ExecutionContext, argv: readonly string[]): Promise<CommandResult> => {
	const lab = Object.entries(await readRecordedAnswers('lab')).map(([asked, value]) => [asked, answerJson(value)] as const);
	const {kubectl} = await createFakeKubectl(t, Object.fromEntries(lab));
	const programs = path.dirname(kubectl);
	writeFileSync(path.join(programs, 'ssh'), '#!/bin/sh\ncase "$*" in *" sh -s") exit 1;; *-O*) ;; *) echo hairpin: ready root; exec cat;; esac\n', {mode: 0o700});
	return runCommand([process.execPath, 'src/hairpin.ts', ...argv], {timeoutMs: 60_000, env: {PATH: `${programs}:${process.env.PATH ?? ''}`}});
};

const labNames = /\b(?:mars\d?|nginx|k8s\d|10\.244\.\d+\.\d+|192\.168\.99\.\d+|acme|bob)\b/giv;

test('a fix that could not be made keeps what was found and why, redacted', async t => {
	const file = path.join(directory, 'unmade.bundle');
	const {exitCode, stderr} = await run(t, ['fix', 'masquerade-all=true', 'svc/nginx', '--from', 'pod/mars1', '-n', 'default', '--yes', '--bundle', file, '--redact']);
	t.is(exitCode, 3, `it said: ${stderr}`);
	const bytes = readFileSync(file);
	t.is(everythingIn(bytes).match(labNames), null);
	t.regex((await timelineOf(bytes)).at(-1) ?? '', /^change-unmade .*node-\d/v);
	t.true((await readBundle(file)).isWhole);
});

test('a runbook is kept redacted, without what its author wrote', async t => {
	const [runbook, file] = ['walk.yaml', 'walk.bundle'].map(name => path.join(directory, name));
	writeFileSync(runbook, `runbook: hairpin/runbook/v1
title: acme's own
variables: {team: {}}
steps:
  - title: Tell bob of acme that mars1 is ill
    text: $(team) knows
  - inventory: {endpoints: {is: 1}}
  - title: the verdict of acme
    check: {conclusion: undecided}
  - stop: bob takes over
    call: $(team)
`);
	const {exitCode, stderr} = await run(t, ['runbook', runbook, 'svc/nginx', '--from', 'pod/mars1', '-n', 'default', '--set', 'team=acme-blue', '--bundle', file, '--redact', '--json']);
	t.is(exitCode, 2, `it said: ${stderr}`);
	t.regex(stderr, /walk\.bundle: replaced \d+ names/v);
	const bytes = readFileSync(file);
	t.is(everythingIn(bytes).match(labNames), null);
	const ended = (await timelineOf(bytes)).filter(line => line.startsWith('step-ended'));
	t.deepEqual(ended, [
		'step-ended step 1 (text): done', 'step-ended step 2 (inventory): met: ready endpoints: 1, as expected', 'step-ended step 3 (check): met: conclusion: undecided, as expected', 'step-ended step 4 (stop): stopped',
	]);
	t.true((await readBundle(file)).manifest.redacted);
});

test('a full disk under the bundle of a runbook takes nothing from its walk', async t => {
	const runbook = path.join(directory, 'short.yaml');
	writeFileSync(runbook, 'runbook: hairpin/runbook/v1\ntitle: short\nsteps:\n  - check: {conclusion: undecided}\n');
	const {exitCode, stdout, stderr} = await run(t, ['runbook', runbook, 'svc/nginx', '--from', 'pod/mars1', '-n', 'default', '--bundle', '/dev/full', '--plain']);
	t.is(exitCode, 0, `it said: ${stderr}`);
	t.regex(stdout, /walked to its end: 1 steps/v);
	t.regex(stderr, /^hairpin: the bundle cannot be written to \/dev\/full: ENOSPC/mv);
});

test('--redact without a bundle, and --bundle without a Service, are refused', t => {
	t.throws(() => parseOptions(['runbook', 'founding', '--redact']), {message: /--redact is about the bundle/v});
	t.throws(() => parseOptions(['fix', 'ip-forward=on', '--all-nodes', '--bundle', 'x']), {message: /--bundle needs the Service/v});
	t.throws(() => parseOptions(['fix', 'ip-forward=on', 'svc/x', '--dry-run', '--bundle', 'x']), {message: /cannot be used with/v});
});
