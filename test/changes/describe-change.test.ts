import test from 'ava';
import {diffValues, typeObject} from '../../src/changes/describe-change.ts';

test('a ConfigMap is shown as the patch of one key, with a diff of its text', t => {
	const before = 'iptables:\n  # kept\n  masqueradeAll: false\nmode: ipvs\n';
	const {command, diff} = typeObject({
		resource: 'configmaps', namespace: 'kube-system', name: 'kube-proxy', pointer: '/data/config.conf', before, after: before.replace('false', 'true'),
	});
	t.is(command, 'kubectl -n kube-system patch configmaps kube-proxy   # /data/config.conf');
	t.deepEqual(diff.slice(1), [' iptables:', '   # kept', '-  masqueradeAll: false', '+  masqueradeAll: true', ' mode: ipvs']);
});

test('a value that is no text is shown as JSON, and one that is gone as lines that are gone', t => {
	t.deepEqual(diffValues('services a/b', {app: 'nginx'}, {app: 'web'}).slice(1), ['-{"app":"nginx"}', '+{"app":"web"}']);
	t.deepEqual(diffValues('configmaps a/b', 'mode: ipvs\n', undefined).slice(1), ['-mode: ipvs']);
});

test('what somebody else wrote cannot steer the terminal', t => {
	t.false(diffValues('configmaps a/b', '', '\u{1B}[2Jgone\n').join('').includes('\u{1B}'));
});
