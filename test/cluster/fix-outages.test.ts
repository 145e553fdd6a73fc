import type {CommandResult} from '../../src/access/run.ts';
import {breakWhenSaid} from '../helpers/broken-hairpin.ts';
import {stateOf} from '../helpers/node-state.ts';
import {
	onCluster,
	onClusterThoroughly,
	useClusterAndState,
} from '../helpers/on-cluster.ts';
import {
	cluster,
	flagsOf,
	hairpin,
	onNode,
	until,
} from '../helpers/real-cluster.ts';

const state = useClusterAndState();

const run = async (...argv: readonly string[]): Promise<CommandResult> => hairpin(argv, {env: {XDG_STATE_HOME: state()}});

const undoLast = async (): Promise<CommandResult> => run('undo', '--last', '--yes');

// A pod that starts anew gets a port of another name.
const withoutNames = (text: string): string => text.replaceAll(/veth[\da-f]+/gv, 'veth');

onClusterThoroughly('a node that lost its power keeps what was fixed, and undo puts it back to the byte', async t => {
	const before = await stateOf(3);
	const flags = await flagsOf('ssh');
	for (const change of ['br-netfilter', 'masquerade-all=true']) {
		// eslint-disable-next-line no-await-in-loop
		const fixed = await run('fix', change, '--node', 'k8s3', '--yes', ...flags);
		t.is(fixed.exitCode, 0, fixed.stderr);
	}

	const cut = await cluster('cut-power', '3');
	t.is(cut.exitCode, 0, cut.stderr);
	t.regex(await onNode(3, 'cat /proc/sys/net/bridge/bridge-nf-call-iptables; iptables-save -t nat'), /^1$[\s\S]+^-A KUBE-SERVICES .*KUBE-MARK-MASQ$/mv, 'both act from the boot on');
	for (const change of ['masqueradeAll', 'br_netfilter']) {
		// eslint-disable-next-line no-await-in-loop
		const undone = await undoLast();
		t.is(undone.exitCode, 0, undone.stderr);
		t.true(undone.stdout.includes(change), undone.stdout);
	}

	t.is(withoutNames(await stateOf(3)), withoutNames(before));
});

onClusterThoroughly('sudo that is refused in the middle: one sentence says what is left, and undo puts it back once it is allowed', async t => {
	const before = await stateOf(2);
	const {text, isBroken, exitCode} = await breakWhenSaid(['fix', 'masquerade-all=true', '--node', 'k8s2', '--yes', ...await flagsOf('ssh'), '--ssh', 'k8s2=ops@k8s2'], state(), /config\.yaml begun/v, async () => {
		await onNode(2, 'mv /etc/sudoers.d/ops /root/ops');
	});
	await onNode(2, 'mv /root/ops /etc/sudoers.d/ops');
	t.true(isBroken, text);
	t.is(exitCode, 3, text);
	t.regex(text, /^hairpin: the change was not made: .*sudo/mv);
	t.regex(text, /^try: some of it is in force; put it back with: hairpin undo \S+$/mv);
	const undone = await undoLast();
	t.is(undone.exitCode, 0, undone.stderr);
	t.is(await stateOf(2), before);
});

onCluster('--for with hairpin killed in the middle: the node undoes it by itself', async t => {
	const before = await stateOf(2);
	const {isBroken, text} = await breakWhenSaid(['fix', 'br-netfilter', '--node', 'k8s2', '--yes', '--for', '20s', ...await flagsOf('ssh')], state(), /module br_netfilter done/v, ({kill}) => {
		kill();
	});
	t.true(isBroken, text);
	await until('the node to end what it began', async () => (await onNode(2, 'ls /var/lib/hairpin/*/*/applied 2>/dev/null; true')) !== '', 15);
	t.not(await stateOf(2), before);
	await until('the node to undo it', async () => (await stateOf(2)) === before, 90);
	const again = await undoLast();
	t.is(again.exitCode, 0, again.stderr);
});
