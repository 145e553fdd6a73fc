import {
	mkdtemp,
	readFile,
	readdir,
	rm,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {gunzipSync} from 'node:zlib';
import test from 'ava';
import {onClusterThoroughly, prepareCluster, restoreCluster} from '../helpers/on-cluster.ts';
import {flagsOf, hairpin} from '../helpers/real-cluster.ts';

const directory = await mkdtemp(path.join(tmpdir(), 'hairpin-redacted-'));
test.before(prepareCluster);
test.after.always(async () => {
	await rm(directory, {recursive: true, force: true});
});
test.afterEach.always(restoreCluster);

const names = /\b(?:mars\d?|nginx|k8s\d|10\.244\.\d+\.\d+|10\.98\.171\.178|192\.168\.26\.\d+|0a62abb2|0af400\d\d)\b/giv;

onClusterThoroughly('the founding incident is kept redacted: report and bundle have the same pseudonyms, no name, and the cause', async t => {
	const [bundle, markdown] = ['it.bundle', 'it.md'].map(name => path.join(directory, name));
	const live = await hairpin(['check', 'svc/nginx', '--from', 'pod/mars1', '--json', '--redact', '--bundle', bundle, '--markdown', markdown, ...await flagsOf('ssh')], {timeoutMs: 300_000});
	t.is(live.exitCode, 1, live.stderr);
	t.regex(live.stderr, /it\.bundle: replaced \d+ names, \d+ addresses/v);
	t.notRegex(live.stderr, /the verdict is another one/v);
	const unpacked = gunzipSync(await readFile(bundle)).toString('latin1');
	t.deepEqual([live.stdout, await readFile(markdown, 'utf8'), unpacked].map(text => text.match(names)), [null, null, null]);
	t.deepEqual((await readdir(directory)).toSorted(), ['it.bundle', 'it.md']);
	const judged = await hairpin(['check', '--from-bundle', bundle, '--json']);
	const [one, two] = [live.stdout, judged.stdout].map(text => JSON.parse(text) as {readonly cause: string; readonly target: unknown});
	t.is(two.cause, 'br-netfilter-not-loaded');
	t.is(one.cause, two.cause);
	t.deepEqual(one.target, two.target);
});
