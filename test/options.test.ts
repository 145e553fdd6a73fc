import test from 'ava';
import {type CheckOptions, type JudgeOptions, parseOptions} from '../src/options.ts';
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

test('what the rules do is told in lines, which JSON always has', t => {
	t.like(parseOptions(['open', 'B', '--walk']), {isWalked: true, isPlain: true});
	t.like(parseOptions(['check', '--from-bundle', 'B', '--walk']), {command: 'judge', isWalked: true});
	t.throws(() => parseOptions(['open', 'B', '--walk', '--json']), {instanceOf: UserFacingError});
});

test('a bundle may be kept redacted, or written again so; captures and what is shown may not', t => {
	t.like(parseCheck('nginx', '--bundle', 'B', '--redact'), {bundleFile: 'B', reports: {isRedacted: true}});
	t.throws(() => parseOptions(['check', 'nginx', '--captures', 'D', '--redact']), {instanceOf: UserFacingError, message: /--captures keeps names and addresses/v});
	t.like(parseOptions(['open', 'B', '--redact', 'OUT']), {command: 'judge', file: 'B', redactedFile: 'OUT'});
	t.throws(() => parseOptions(['open', 'B', '--redact', 'OUT', '--json']), {instanceOf: UserFacingError});
	t.is((parseOptions(['open', 'B']) as JudgeOptions).redactedFile, undefined);
});

test('nodes takes names or a selector, and how many to read at a time', t => {
	t.like(parseOptions(['nodes']), {
		command: 'nodes', names: [], selector: undefined, concurrency: 16, isAll: false, isJson: false, isDryRun: false,
	});
	t.like(parseOptions(['nodes', 'k8s1', 'k8s2', '--concurrency', '4', '--all', '--ssh', 'k8s1=ops@host']), {names: ['k8s1', 'k8s2'], concurrency: 4, isAll: true});
	t.like(parseOptions(['nodes', '-l', 'pool in (a,b)', '--json']), {selector: 'pool in (a,b)', isJson: true});
});

test('with no API server the virtual address, the client\'s and the nodes are named', t => {
	const options = parseCheck('--vip', '10.98.171.178:8080', '--from', '10.244.0.18', '--ssh', 'k8s1', '--ssh', 'k8s2=ops@host');
	t.like(options, {service: undefined, vip: {ip: '10.98.171.178', port: 8080, protocol: 'TCP'}, from: '10.244.0.18'});
	t.deepEqual([...options.destinations], [['k8s1', undefined], ['k8s2', 'ops@host']]);
	t.like(parseCheck('--vip', '[FD00:0::AB2]:53/UDP', '--from', '[fd00:0:0::12]', '--via', 'local'), {vip: {ip: 'fd00::ab2', port: 53, protocol: 'UDP'}, from: 'fd00::12', via: 'local'});
	t.is(parseCheck('--vip', '10.96.0.10:53/udp', '--from', 'pod/10.244.0.18', '--ssh', 'k8s1').from, '10.244.0.18');
});

const refuses = test.macro({
	exec(t, argv: readonly string[], because: RegExp) {
		const error = t.throws(() => parseOptions(argv), {instanceOf: UserFacingError});
		t.regex(error.because, because);
		t.regex(error.tryThis, /hairpin .*--help/v);
	},
	title: (_, argv: readonly string[]) => `refuses ${argv.join(' ')}`,
});

test(refuses, ['check'], /missing required argument 'service'.*--vip/v);
for (const vip of ['10.98.171.178', '10.98.171.178:0', '10.98.171.178:65536', '10.98.171:80', 'nginx:80', 'fd00::1:80', '[10.98.171.178]:80', '10.98.171.178:53/sctp', '[fe80::1%eth0]:80']) {
	test(refuses, ['check', '--vip', vip, '--from', '10.244.0.18', '--ssh', 'k8s1'], /IP:PORT is wanted/v);
}

test(refuses, ['check', 'nginx', '--vip', '10.98.171.178:8080', '--from', '10.244.0.18', '--ssh', 'k8s1'], /cannot be used with --vip/v);
test(refuses, ['check', '--vip', '10.98.171.178:8080', '--ssh', 'k8s1'], /--from with the address of a pod/v);
test(refuses, ['check', '--vip', '10.98.171.178:8080', '--from', 'pod/mars1', '--ssh', 'k8s1'], /--from with the address of a pod/v);
test(refuses, ['check', '--vip', '10.98.171.178:8080', '--from', 'fd00::12', '--ssh', 'k8s1'], /of the same family/v);
test(refuses, ['check', '--vip', '10.98.171.178:8080', '--from', '10.244.0.18'], /--ssh NODE for each, or --via local/v);
test(refuses, ['check', '--vip', '10.98.171.178:8080', '--from', '10.244.0.18', '--ssh', 'k8s1', '--via', 'kubernetes'], /cannot be used with --via kubernetes/v);
test(refuses, ['check', 'nginx', '--ssh', '-oProxyCommand=x'], /NODE=DEST/v);
test(refuses, ['check', 'nginx', '--ssh', 'k8s1=-oProxyCommand=x'], /NODE=DEST/v);
test(refuses, ['check', 'nginx', '--timeout', 'soon'], /seconds between/v);
test(refuses, ['check', 'nginx', '--via', 'pigeon'], /Allowed choices are ssh, kubernetes, local/v);
test(refuses, ['check', 'nginx', '--json', '--plain'], /cannot be used with/v);
test(refuses, ['chek', 'nginx'], /unknown command 'chek'.*Did you mean check/v);
test(refuses, ['check', 'nginx', '--form', 'pod/x'], /unknown option '--form'.*Did you mean --from/v);
test(refuses, ['nodes', 'k8s1', '-l', 'a=b'], /cannot be used with --selector/v);
test(refuses, ['nodes', '--concurrency', '0'], /between 1 and 256/v);
for (const time of ['10', '9s', '25h', '0m', '-5m', '1.5h', '10d', '1e9s']) {
	test(refuses, ['fix', 'br-netfilter', '--for', time], /a time between 10s and 24h/v);
}

test(refuses, ['fix'], /missing required argument 'id'.*fix --list/v);
test(refuses, ['fix', 'br-netfilter', '--all-nodes', '--node', 'k8s1'], /--node cannot be used with --all-nodes/v);
test(refuses, ['fix', 'br-netfilter', '--from', 'pod/mars1'], /--from needs the Service/v);
test(refuses, ['fix', 'br-netfilter', '--yes', '--dry-run'], /--yes cannot be used with --dry-run/v);
test(refuses, ['fix', 'br-netfilter', '--render', 'chef'], /Allowed choices are shell, ansible, daemonset/v);
test(refuses, ['undo'], /missing required argument 'id'.*--last/v);
test(refuses, ['keep'], /missing required argument 'id'/v);

test('fix takes what to change, where, and for how long', t => {
	t.like(parseOptions(['fix', 'masquerade-all=true']), {
		command: 'fix', id: 'masquerade-all=true', service: undefined, nodes: [], isAllNodes: false, isAgreed: false, isReadOnly: false, isDryRun: false, render: undefined, forSeconds: 0, isJson: false,
	});
	t.like(parseOptions(['fix', 'br-netfilter', 'svc/nginx', '--from', 'pod/mars1', '--node', 'k8s1', '--node', 'k8s2', '--yes', '--read-only']), {
		service: 'svc/nginx', from: 'pod/mars1', nodes: ['k8s1', 'k8s2'], isAgreed: true, isReadOnly: true,
	});
	for (const [time, forSeconds] of [['10s', 10], ['90s', 90], ['10m', 600], ['24h', 86_400]] as const) {
		t.like(parseOptions(['fix', 'br-netfilter', '--for', time]), {forSeconds});
	}

	t.like(parseOptions(['fix', 'br-netfilter', '--list']), {id: undefined});
});

test('undo and keep take one change, or the last one', t => {
	t.like(parseOptions(['undo', '20261123-160000-ab12', '--yes']), {
		command: 'undo', id: '20261123-160000-ab12', isAgreed: true, isReadOnly: false,
	});
	t.like(parseOptions(['undo', '--last', '--read-only']), {id: undefined, isAgreed: false, isReadOnly: true});
	t.like(parseOptions(['undo', '--list']), {isList: true});
	t.like(parseOptions(['keep', '--last']), {command: 'keep', isAgreed: true});
});

test('without a command the screens are meant, for a Service or to pick one', t => {
	t.like(parseOptions([]), {command: 'incident', service: undefined, isPlain: false});
	t.like(parseOptions(['svc/nginx:8080', '--from', 'pod/mars1']), {command: 'incident', service: 'svc/nginx:8080', from: 'pod/mars1'});
	t.like(parseOptions(['-n', 'shop', '--plain']), {command: 'incident', namespace: 'shop', isPlain: true});
});

test('help is text', t => {
	for (const argv of [['--help'], ['check', '--help'], ['help', 'ladder']]) {
		const options = parseOptions(argv);
		t.is(options.command, 'print');
		t.regex(options.command === 'print' ? options.text : '', /Usage: hairpin/v);
	}
});
