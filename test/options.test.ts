import test from 'ava';
import {type CheckOptions, parseOptions} from '../src/options.ts';
import {UserFacingError} from '../src/user-facing-error.ts';

const parseCheck = (...argv: readonly string[]): CheckOptions => {
	const options = parseOptions(['check', ...argv]);
	if (options.command !== 'check') {
		throw new Error('not check');
	}

	return options;
};

test('check takes a Service, a client and how to reach nodes', t => {
	const options = parseCheck('svc/nginx:8080', '--from', 'pod/mars1', '-n', 'shop', '--ssh', 'k8s1=root@192.0.2.1', '--ssh', 'k8s2=ops@host', '--ssh-config', 'F', '--timeout', '1.5', '--json');
	t.like(options, {
		service: 'svc/nginx:8080', from: 'pod/mars1', namespace: 'shop', sshConfig: 'F', timeoutMs: 1500, isJson: true,
	});
	t.deepEqual([...options.destinations], [['k8s1', 'root@192.0.2.1'], ['k8s2', 'ops@host']]);
});

test('defaults are 3 seconds, text and no kept captures', t => {
	t.like(parseCheck('nginx'), {
		timeoutMs: 3000, isJson: false, capturesDirectory: undefined, from: undefined,
	});
});

test('nodes takes names or a selector, and how many to read at a time', t => {
	t.like(parseOptions(['nodes']), {
		command: 'nodes', names: [], selector: undefined, concurrency: 16, isAll: false, isJson: false, isDryRun: false,
	});
	t.like(parseOptions(['nodes', 'k8s1', 'k8s2', '--concurrency', '4', '--all', '--ssh', 'k8s1=ops@host']), {names: ['k8s1', 'k8s2'], concurrency: 4, isAll: true});
	t.like(parseOptions(['nodes', '-l', 'pool in (a,b)', '--json']), {selector: 'pool in (a,b)', isJson: true});
});

const refuses = test.macro({
	exec(t, argv: readonly string[], because: RegExp) {
		const error = t.throws(() => parseOptions(argv), {instanceOf: UserFacingError});
		t.regex(error.because, because);
		t.regex(error.tryThis, /hairpin .*--help/v);
	},
	title: (_, argv: readonly string[]) => `refuses ${argv.join(' ')}`,
});

test(refuses, ['check'], /missing required argument 'service'/v);
test(refuses, ['check', 'nginx', '--ssh', '-oProxyCommand=x'], /NODE=DEST/v);
test(refuses, ['check', 'nginx', '--ssh', 'k8s1=-oProxyCommand=x'], /NODE=DEST/v);
test(refuses, ['check', 'nginx', '--timeout', 'soon'], /seconds between/v);
test(refuses, ['check', 'nginx', '--via', 'pigeon'], /Allowed choices are ssh, kubernetes, local/v);
test(refuses, ['check', 'nginx', '--json', '--plain'], /cannot be used with/v);
test(refuses, ['chek', 'nginx'], /unknown command 'chek'.*Did you mean check/v);
test(refuses, ['check', 'nginx', '--form', 'pod/x'], /unknown option '--form'.*Did you mean --from/v);
test(refuses, ['nodes', 'k8s1', '-l', 'a=b'], /cannot be used with --selector/v);
test(refuses, ['nodes', '--concurrency', '0'], /between 1 and 256/v);

test('help is text, also with no arguments at all', t => {
	for (const argv of [[], ['--help'], ['check', '--help'], ['help', 'ladder']]) {
		const options = parseOptions(argv);
		t.is(options.command, 'print');
		t.regex(options.command === 'print' ? options.text : '', /Usage: hairpin/v);
	}
});
