import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {type RunningHairpin, breakWhenSaid} from '../helpers/broken-hairpin.ts';
import {stateOf} from '../helpers/node-state.ts';
import {isThorough} from '../helpers/is-thorough.ts';
import {
	onCluster,
	prepareCluster,
	restoreCluster,
} from '../helpers/on-cluster.ts';
import {
	flagsOf,
	hairpin,
	onNode,
	until,
} from '../helpers/real-cluster.ts';

test.before(prepareCluster);
test.after.always(restoreCluster);

/** Where a fix is broken, or the undo of it: as soon as it says this. */
type Moment = {readonly change: string; readonly at: RegExp; readonly isUndo?: true};

/** kill: hairpin itself, with -9 · cut: every ssh of it · program: what works on the node. */
type Break = Moment & {readonly how: 'kill' | 'cut' | 'program'};

const says = (change: string, ...words: readonly string[]): readonly Moment[] => words.map(word => ({change, at: new RegExp(RegExp.escape(word), 'v')}));

const stepsOf = (change: string, ...steps: readonly string[]): readonly Moment[] =>
	steps.flatMap(step => ['begun', 'done'].map(word => ({change, at: new RegExp(`${RegExp.escape(step)}.* ${word}`, 'v')})));

const undoes = (change: string, ...words: readonly string[]): readonly Moment[] => says(change, ...words).map(moment => ({...moment, isUndo: true}));

const telling: readonly Moment[] = [
	...stepsOf('br-netfilter', 'modules-load.d', 'sysctl.d', 'module br_netfilter'),
	// The sysctls come up as br-netfilter wants them, so that only the narrow variant writes them.
	...stepsOf('br-netfilter-narrow', 'nf-call-iptables', 'nf_call_ip6tables'),
	...says('masquerade-all=true', 'config.yaml begun', 'config.yaml done', 'restarted', 'waiting until it acts'),
	...says('br-netfilter', 'the journal is'),
];

const others: readonly Moment[] = [
	...stepsOf('br-netfilter-narrow', 'module br_netfilter', 'nf-call-ip6tables', 'nf_call_iptables'),
	...stepsOf('kubelet-hairpin-mode=hairpin-veth', 'config.yaml'),
	...says('kubelet-hairpin-mode=hairpin-veth', 'restarted', 'waiting until it acts'),
	...stepsOf('proxy-mode=iptables', 'config.yaml', 'route_localnet'),
	...says('proxy-mode=iptables', 'restarted', 'waiting until it acts', 'rules of mode ipvs removed'),
	...stepsOf('ip-forward=on', 'hairpin-forward.conf'),
	...stepsOf('conntrack-max=20000', 'nf_conntrack_max'),
	...stepsOf('forward-accept=on', '-s 10.244.0.0/16', '-d 10.244.0.0/16'),
	...undoes('br-netfilter', 'module br_netfilter is back', 'sysctl.d/99-zz-hairpin-bridge.conf is back', 'as it was'),
	...undoes('masquerade-all=true', 'config.yaml is back', 'waiting until it acts no more'),
	...undoes('proxy-mode=iptables', 'config.yaml is back', 'waiting until it acts no more'),
];

const moments = [...telling, ...(isThorough ? others : [])];
const ways = ['kill', 'cut'] as const;

// At every third moment in one way, by turns; thoroughly at every moment in both.
const breaks: readonly Break[] = [
	...moments.flatMap((moment, index) => ways.filter((_, way) => isThorough || index % 6 === way * 3).map(how => ({...moment, how}))),
	...[
		...says('br-netfilter', 'the journal is', 'as the first one', 'modules-load.d', 'module br_netfilter', 'waiting'),
		...(isThorough ? [...says('masquerade-all=true', 'config.yaml begun', 'restarted'), ...says('proxy-mode=iptables', 'route_localnet', 'restarted'), ...says('kubelet-hairpin-mode=hairpin-veth', 'config.yaml begun')] : []),
	].map(moment => ({...moment, how: 'program'} as const)),
];

// The text of the program stands in its arguments, so that pgrep would find itself by most words of it.
const killProgram = 'for pid in $(pgrep -f "^sh -c .*[h]airpin-change"); do kill -9 "$pid"; done; true';

const breakNow = async (how: Break['how'], running: RunningHairpin, node: number): Promise<void> => {
	if (how === 'kill') {
		running.kill();
	} else if (how === 'cut') {
		await running.cutConnections();
	} else {
		await onNode(node, killProgram);
	}
};

const undo = ['undo', '--last', '--yes'] as const;

/** A fix, or the undo of one that was made, broken on its way. */
const breakOnWay = async ({change, at, how, isUndo}: Break, node: number, state: string) => {
	const fix = ['fix', change, '--node', `k8s${node}`, '--yes', ...await flagsOf('ssh')];
	if (isUndo) {
		const made = await hairpin(fix, {env: {XDG_STATE_HOME: state}});
		if (made.exitCode !== 0) {
			return {isBroken: false, text: made.stderr};
		}
	}

	return breakWhenSaid(isUndo ? undo : fix, state, at, async running => breakNow(how, running, node));
};

const breakAndUndo = async (fault: Break, node: number, state: string, before: string): Promise<string | undefined> => {
	const name = `${fault.isUndo ? 'undo of ' : ''}${fault.change} on k8s${node}, ${fault.how} at ${fault.at.source}`;
	const {isBroken, text} = await breakOnWay(fault, node, state);
	const undone = await hairpin(undo, {env: {XDG_STATE_HOME: state}});
	if (undone.exitCode !== 0 && !undone.stderr.includes('no change that was made from here is in force')) {
		return `${name}: ${undone.stderr}`;
	}

	try {
		await until('the old state', async () => (await stateOf(node)) === before, 30);
		return isBroken ? undefined : `${name}: it never got there:\n${text}`;
	} catch {
		return `${name}: not as it was:\n${await stateOf(node)}\n${text}\n${undone.stderr}`;
	}
};

/** Breaks on three nodes at once. Resolves with what was not as it should be. */
const breakAll = async (faults: readonly Break[]): Promise<readonly string[]> => {
	const problems = await Promise.all([1, 2, 3].map(async (node, lane) => {
		const state = await mkdtemp(path.join(tmpdir(), 'hairpin-state-'));
		const before = await stateOf(node);
		const found: string[] = [];
		const ours = faults.filter((_, index) => index % 3 === lane);
		for (const fault of ours) {
			// eslint-disable-next-line no-await-in-loop
			const problem = await breakAndUndo(fault, node, state, before);
			if (problem !== undefined) {
				found.push(problem);
			}
		}

		await rm(state, {recursive: true});
		return found;
	}));
	return problems.flat();
};

// Thoroughly one test for each change, so that it is seen how far it is.
const groups: ReadonlyArray<readonly Break[]> = isThorough ? Map.groupBy(breaks, ({change}) => change).values().toArray() : [breaks];

for (const group of groups) {
	onCluster(`${group.length} fixes that are killed or cut off at every step${isThorough ? `: ${group[0].change}` : ''}: undo restores everything, or nothing was begun`, async t => {
		t.timeout(900_000);
		t.deepEqual(await breakAll(group), []);
	});
}

onCluster('two hairpins at once: the second one is told who is at work, and changes nothing', async t => {
	const state = await mkdtemp(path.join(tmpdir(), 'hairpin-state-'));
	const flags = await flagsOf('ssh');
	let second: ReturnType<typeof hairpin> | undefined;
	const first = await breakWhenSaid(['fix', 'masquerade-all=true', '--node', 'k8s3', '--yes', ...flags], state, /begun, as the first one/v, () => {
		second = hairpin(['fix', 'br-netfilter', '--node', 'k8s3', '--yes', ...flags], {env: {XDG_STATE_HOME: state}});
	});
	t.is(first.exitCode, 0, first.text);
	const refused = await second;
	t.is(refused?.exitCode, 3, refused?.stdout);
	t.regex(refused?.stderr ?? '', /k8s3 is being changed by another hairpin \(\S[^\s@]*@\S+, /v);
	t.notRegex(await onNode(3, 'lsmod'), /br_netfilter/v);
	t.is((await hairpin(undo, {env: {XDG_STATE_HOME: state}})).exitCode, 0);
	await rm(state, {recursive: true});
});
