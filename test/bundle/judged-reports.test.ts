import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {readBundle} from '../../src/bundle/read-bundle.ts';
import {judgeBundle} from '../../src/judge-command.ts';
import {type JudgeOptions, parseOptions} from '../../src/options.ts';

const founding = new URL('../../recordings/practice/founding/found.bundle', import.meta.url).pathname;

test('what came in a bundle can be sent on as a report, with the times of the incident itself', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'hairpin-judged-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const page = path.join(directory, 'incident.html');
	let printed = '';
	const output = {
		write(text: string) {
			printed += text;
		},
		warn: () => undefined,
	};
	const exitCode = await judgeBundle(parseOptions(['check', '--from-bundle', founding, '--markdown', '-', '--html', page]) as JudgeOptions, output, new AbortController().signal);
	t.is(exitCode, 1);
	const {timeline} = await readBundle(founding);
	const {atMs, text} = timeline.find(entry => entry.text.startsWith('captures stopped'))!;
	t.true(atMs > 1000);
	t.true(printed.includes(`${(atMs / 1000).toFixed(1)} s  ${text}`), printed);
	t.regex(await readFile(page, 'utf8'), /<svg.*captures stopped/sv);
});
