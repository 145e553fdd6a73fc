import test from 'ava';
import {explainSshFailure} from '../../src/access/ssh-failure.ts';

// The texts are those of OpenSSH 9.2.
const cases: ReadonlyArray<readonly [says: string, because: RegExp, tryThis: RegExp]> = [
	['No ED25519 host key is known for 192.0.2.1 and you have requested strict checking.\nHost key verification failed.', /host key of k8s1 is not known/v, /ssh k8s1/v],
	['@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.', /has changed/v, /ssh-keygen -R k8s1/v],
	['root@192.0.2.1: Permission denied (publickey).', /none of your keys/v, /ssh-add/v],
	['root@192.0.2.1: Permission denied (publickey,password).', /wants a password/v, /never types passwords/v],
	['ssh: connect to host 192.0.2.1 port 22: Connection timed out', /does not answer/v, /ProxyJump/v],
	['ssh: connect to host 192.0.2.1 port 22: Connection refused', /refuses connections/v, /is sshd running/v],
	['ssh: connect to host 192.0.2.1 port 22: No route to host', /no route/v, /ProxyJump/v],
	['ssh: Could not resolve hostname k8s1: Name or service not known', /does not resolve/v, /--ssh NODE=USER@HOST/v],
	['kex_exchange_identification: \u{1B}[31mread: Connection reset by peer', /failed: kex_exchange_identification: read: Connection reset by peer$/v, /by hand/v],
	['', /said nothing/v, /by hand/v],
];

for (const [says, because, tryThis] of cases) {
	test(`explains "${says.split('\n', 1)[0]}"`, t => {
		const failure = explainSshFailure('k8s1', says);
		t.regex(failure.because, because);
		t.regex(failure.tryThis, tryThis);
	});
}
