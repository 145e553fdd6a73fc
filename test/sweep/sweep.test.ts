import {
	chmod,
	mkdtemp,
	readdir,
	rm,
	writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {describeProcess} from '../../src/access/owner.ts';
import {runCommand} from '../../src/access/run.ts';
import {createFakeKubectl, answerJson} from '../helpers/fake-kubectl.ts';

const label = 'app.kubernetes.io/managed-by=hairpin';
const podsPath = `/api/v1/pods?labelSelector=${label}&limit=500`;
const namespacesPath = `/api/v1/namespaces?labelSelector=${label}&limit=500`;

const podOf = (name: string, processAnnotation: string, phase: string) => ({
	metadata: {
		name, namespace: 'hairpin-system', labels: {'hairpin/owner': 'ops_jump1', 'hairpin/session': name}, annotations: {'hairpin/process': processAnnotation},
	},
	spec: {nodeName: 'k8s1'},
	status: {phase},
});

const ourselves = describeProcess(process.pid);
const dead = `${ourselves.split(' ', 1)[0]} 4194304 1`;

/** Runs the real program with a kubectl and a temporary directory of the test's own. */
const sweep = async (t: ExecutionContext, answers: Parameters<typeof createFakeKubectl>[1], ...argv: readonly string[]) => {
	const {kubectl, commandLines} = await createFakeKubectl(t, answers);
	const temporary = await mkdtemp(path.join(tmpdir(), 'sweep-test-'));
	t.teardown(async () => rm(temporary, {recursive: true}));
	for (const [name, owner] of [['hairpin-AAAAAA', dead], ['hairpin-BBBBBB', ourselves]]) {
		// eslint-disable-next-line no-await-in-loop
		await runCommand(['mkdir', path.join(temporary, name)]);
		// eslint-disable-next-line no-await-in-loop
		await writeFile(path.join(temporary, name, 'owner'), owner);
	}

	await runCommand(['mkdir', path.join(temporary, 'hairpin-CCCCCC')]);
	await chmod(kubectl, 0o700);
	const program = new URL('../../src/hairpin.ts', import.meta.url).pathname;
	const result = await runCommand([process.execPath, program, 'sweep', ...argv], {env: {PATH: `${path.dirname(kubectl)}:${process.env.PATH ?? ''}`, TMPDIR: temporary}});
	return {...result, left: (await readdir(temporary)).toSorted(), deleted: (await commandLines()).filter(line => line.includes(' delete '))};
};

const found = {
	[podsPath]: answerJson({items: [podOf('gone', dead, 'Running'), podOf('alive', ourselves, 'Running'), podOf('elsewhere', 'jump1 1 2', 'Running'), podOf('over', 'jump1 1 2', 'Failed')]}),
	[namespacesPath]: answerJson({items: [{metadata: {name: 'hairpin-system', labels: {'hairpin/session': 'x'}, annotations: {'hairpin/process': dead}}}]}),
	'--timeout=60000ms': {},
};

test('what belongs to no session that runs is removed, and nothing else', async t => {
	const {stdout, exitCode, left, deleted} = await sweep(t, found);
	t.is(exitCode, 0);
	t.deepEqual(deleted.map(line => / delete (?<what>\S+ \S+)/v.exec(line)?.groups?.what), ['pod gone', 'pod over']);
	t.deepEqual(left, ['hairpin-BBBBBB', 'hairpin-CCCCCC'], 'a directory of a session that runs, and one that is not known to be ours, stay');
	t.regex(stdout, /pod +hairpin-system\/alive .*in use\n/v);
	t.regex(stdout, /namespace +hairpin-system .*in use\n/v);
	t.regex(stdout, /removed pod hairpin-system\/gone\n/v);
});

test('a dry run only lists', async t => {
	const {stdout, exitCode, left, deleted} = await sweep(t, found, '--dry-run');
	t.deepEqual([exitCode, deleted.length, left.length], [0, 0, 3]);
	t.regex(stdout, /pod +hairpin-system\/gone .*left over\n/v);
});

test('a cluster that cannot be looked through is told, and this machine is swept all the same', async t => {
	const {stderr, exitCode, left} = await sweep(t, {
		[podsPath]: {stderr: 'error: You must be logged in to the server (Unauthorized)', exitCode: 1},
		[namespacesPath]: {stderr: 'error: You must be logged in to the server (Unauthorized)', exitCode: 1},
	});
	t.is(exitCode, 2);
	t.regex(stderr, /the cluster could not be looked through: the API server does not accept the login/v);
	t.deepEqual(left, ['hairpin-BBBBBB', 'hairpin-CCCCCC']);
});
