import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {stateOf} from '../helpers/node-state.ts';
import {highWindow, readEveryScreen, untilJudged} from '../helpers/every-screen.ts';
import {
	onCluster,
	onClusterThoroughly,
	prepareCluster,
	restoreCluster,
} from '../helpers/on-cluster.ts';
import {
	clusterEnv,
	flagsOf,
	hairpinArgv,
	onNode,
	until,
} from '../helpers/real-cluster.ts';
import {type Robot, startRobot} from '../helpers/robot.ts';

test.before(prepareCluster);
test.after.always(restoreCluster);

const openScreens = async (t: ExecutionContext, {flags = [], size}: {readonly flags?: readonly string[]; readonly size?: typeof highWindow} = {}): Promise<Robot> => {
	const {kubeconfig, kubectl} = await clusterEnv();
	const argv = await hairpinArgv(['svc/nginx', '--from', 'pod/mars1', ...flags, ...await flagsOf('ssh')]);
	const state = await mkdtemp(path.join(tmpdir(), 'hairpin-state-'));
	const robot = await startRobot(argv, {
		...size, patienceMs: 180_000, env: {XDG_STATE_HOME: state, KUBECONFIG: kubeconfig, PATH: `${path.dirname(kubectl)}:${process.env.PATH ?? ''}`},
	});
	t.teardown(async () => {
		robot.close();
		await rm(state, {recursive: true});
	});
	return robot;
};

/** Captures of ours on a node end when their connection does. */
const untilNothingIsLeft = async (): Promise<void> => until('captures to end', async () => {
	const left = await Promise.all([1, 2, 3].map(async node => onNode(node, 'grep -lx tcpdump /proc/[0-9]*/comm 2>/dev/null || true')));
	return left.every(files => files === '');
});

onCluster('from the start to the verdict on screen, a shell in the client\'s network, and out again without a trace', async t => {
	const robot = await openScreens(t);
	await robot.sees('certain');
	await robot.until('the verdict and its packet', text => /CAUSE +client frame \d+: SYN-ACK/v.test(text) && /✗ br_netfilter is loaded +the cause/v.test(text));
	await robot.until('the end', text => /CLIENT mars1 .*\d packets/v.test(text));
	robot.press('s');
	await robot.sees('mars1# ');
	robot.press('ip -4 -o addr show eth0; echo $((40 + 2))end', 'enter');
	await robot.sees('42end');
	t.regex(robot.lines().join('\n'), /inet 10\.244\.0\.\d+\/24/v);
	robot.press('ctrl-]');
	await robot.sees('CAUSE');
	robot.press('q');
	t.is((await robot.ended).exitCode, 1);
	t.false(robot.isAlternate);
	t.regex(robot.lines().join('\n'), /verdict +fault:/v);
	await untilNothingIsLeft();
});

onCluster('three keys: the repair is shown, made on all nodes and verified; a fourth one puts it back', async t => {
	const states = async () => Promise.all([1, 2, 3].map(async node => stateOf(node)));
	const before = await states();
	const startedAt = performance.now();
	const robot = await openScreens(t);
	await robot.sees('certain');
	await robot.until('the end', text => /CLIENT mars1 .*\d packets/v.test(text));
	robot.press('f');
	await robot.until('what is done', text => text.includes('nothing is changed yet: y makes this change') && text.includes('modprobe br_netfilter'));
	t.deepEqual(await states(), before);
	robot.press('y');
	await robot.until('that it was made', text => text.includes('the change is made') && /verified: all \d+ probes are open/v.test(text));
	t.log(`from the start to the verified repair: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
	t.regex(await onNode(3, 'cat /proc/sys/net/bridge/bridge-nf-call-iptables'), /^1/v);
	robot.press('u');
	await robot.until('that it was put back', text => text.includes('it is put back'));
	t.deepEqual(await states(), before);
	robot.press('esc');
	await robot.sees('CHECKLIST');
	robot.press('q');
	t.is((await robot.ended).exitCode, 1, 'the fault is back');
	await untilNothingIsLeft();
});

for (const signal of ['SIGHUP', 'SIGKILL'] as const) {
	onCluster(`${signal} while it captures leaves nothing on the nodes`, async t => {
		const robot = await openScreens(t);
		await robot.until('captures', text => /CLIENT mars1 .*(?:\d · |0 packets)/v.test(text));
		process.kill(robot.pid, signal);
		await robot.ended;
		await untilNothingIsLeft();
		t.is(robot.isAlternate, signal === 'SIGKILL');
	});
}

onClusterThoroughly('where there is neither a cluster nor a network, open shows on every screen what the live ones showed', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'hairpin-live-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const file = path.join(directory, 'live.bundle');
	const live = await openScreens(t, {flags: ['--bundle', file], size: highWindow});
	await untilJudged(live);
	const shown = await readEveryScreen(live);
	live.press('q');
	t.is((await live.ended).exitCode, 1);
	const opened = await startRobot(['unshare', '--net', process.execPath, new URL('../../src/hairpin.ts', import.meta.url).pathname, 'open', file], highWindow);
	t.teardown(() => {
		opened.close();
	});
	await untilJudged(opened);
	t.deepEqual(await readEveryScreen(opened), shown);
	opened.press('q');
	t.is((await opened.ended).exitCode, 1);
});
