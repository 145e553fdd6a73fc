import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import type {Access, Connection} from '../../src/access/access.ts';
import {type ApplyOutcome, applyChange} from '../../src/changes/apply.ts';
import type {Change, ObjectPlan} from '../../src/changes/change.ts';
import {type Entry, isOpen, readEntries} from '../../src/changes/journal.ts';
import {masqueradeAll} from '../../src/changes/recipes/masquerade-all.ts';
import {undoChange} from '../../src/changes/undo.ts';
import {undoObjects} from '../../src/changes/undo-objects.ts';
import type {KubectlProgram} from '../../src/cluster/kubectl.ts';
import {explainKubectlFailure} from '../../src/cluster/kubectl-failure.ts';
import {giveConsent} from '../../src/consent.ts';
import {buildEvidence} from '../helpers/evidence-builder.ts';
import {buildNode} from '../helpers/node-builder.ts';

const state = mkdtempSync(path.join(tmpdir(), 'hairpin-state-'));
process.env.XDG_STATE_HOME = state;

test.after.always(() => {
	rmSync(state, {recursive: true, force: true});
});

const shown = 'mode: ipvs\niptables:\n  masqueradeAll: false\n';
const wanted = shown.replace('false', 'true');

const object: ObjectPlan = {
	resource: 'configmaps', namespace: 'kube-system', name: 'kube-proxy', pointer: '/data/config.conf', before: shown, after: wanted,
};

const change: Change = {
	id: 'masquerade-all=true',
	recipe: masqueradeAll,
	value: 'true',
	plan: {
		nodes: [], objects: [object], rollouts: [{namespace: 'kube-system', name: 'kube-proxy'}], notes: [],
	},
};

const createEntry = (id: string): Entry => ({
	schema: 'hairpin/journal/v1',
	id,
	at: '2026-11-23T18:00:00.000Z',
	change: change.id,
	title: 'Set masqueradeAll',
	subject: undefined,
	access: {
		kubeconfig: undefined, context: undefined, via: undefined, destinations: [], sshConfig: undefined, image: undefined, pullSecret: undefined, debugNamespace: undefined,
	},
	nodes: [],
	objects: [{...object, progress: 'planned'}],
	rollouts: change.plan.rollouts,
	until: undefined,
});

// What kubectl 1.33 prints about a JSON Patch that its API server did not accept.
const refusals = {
	test: 'The request is invalid: the server rejected our request due to an error in our request\n',
	forbidden: 'Error from server (Forbidden): configmaps "kube-proxy" is forbidden: User "fixer" cannot patch resource "configmaps" in API group "" in the namespace "kube-system"\n',
	timeout: 'Error from server (Timeout): the server was unable to return a response in the time allotted\n',
} as const;

type PatchOperation = {readonly op: string; readonly value: string};

type ClusterOptions = {
	readonly text?: string;
	/** Said to the first patch. */
	readonly refusal?: keyof typeof refusals;
	/** What that patch does all the same. */
	readonly isDone?: boolean;
};

/** A cluster of one ConfigMap. */
const createCluster = ({text = shown, refusal, isDone = false}: ClusterOptions) => {
	const config = {text};
	const commands: string[] = [];
	let refused = refusal;
	const patch = (words: readonly string[]) => {
		const [tested, replaced] = JSON.parse(words.find(word => word.startsWith('--patch='))?.slice('--patch='.length) ?? '[]') as readonly PatchOperation[];
		const said = refused ?? (tested.value === config.text ? undefined : 'test');
		refused = undefined;
		if (said === undefined || isDone) {
			config.text = replaced.value;
		}

		return said === undefined ? {ok: true, text: ''} as const : explainKubectlFailure(refusals[said]);
	};

	const kubectl = {
		getRaw: async () => ({ok: true, value: {data: {'config.conf': config.text}}}),
		async command(words: readonly string[]) {
			commands.push(words.slice(0, 2).join(' '));
			return words[0] === 'patch' ? patch(words) : {ok: true, text: ''} as const;
		},
	} as unknown as KubectlProgram;
	return {config, commands, kubectl};
};

const noAccess: Partial<Access> = {};
const notReached: Connection = {ok: false, because: 'no node here', tryThis: ''};

const apply = async (id: string, {kubectl}: ReturnType<typeof createCluster>): Promise<ApplyOutcome> => applyChange(change, [], createEntry(id), {
	consent: giveConsent({isAgreed: true, isReadOnly: false}),
	kubectl,
	access: noAccess as Access,
	renew: async () => notReached,
	readNode: async () => undefined,
	tell: () => undefined,
	id,
	forSeconds: 0,
	signal: new AbortController().signal,
	nodes: [],
	rejudge: undefined,
});

const isOpenInJournal = async (id: string): Promise<boolean> => {
	const entry = (await readEntries()).find(candidate => candidate.id === id);
	return entry === undefined || isOpen(entry);
};

test.serial('a ConfigMap is changed, and its DaemonSet rolled out', async t => {
	const cluster = createCluster({});
	const outcome = await apply('made', cluster);
	t.true(outcome.isApplied);
	t.is(cluster.config.text, wanted);
	t.deepEqual(cluster.commands, ['patch configmaps', 'rollout restart', 'rollout status']);
	t.true(await isOpenInJournal('made'));
});

test.serial('what somebody else changed between show and write is left alone: no rollout, and nothing to undo', async t => {
	const theirs = `${shown}# theirs\n`;
	const cluster = createCluster({text: theirs});
	const outcome = await apply('raced', cluster);
	t.like(outcome, {isApplied: false, because: 'configmaps kube-system/kube-proxy is not as it was when the change was shown; somebody else changed it'});
	t.is(cluster.config.text, theirs);
	t.deepEqual(cluster.commands, ['patch configmaps']);
	t.false(await isOpenInJournal('raced'));
});

test.serial('who may not patch is told so, and no pod is started anew', async t => {
	const cluster = createCluster({refusal: 'forbidden'});
	const outcome = await apply('forbidden', cluster);
	t.like(outcome, {isApplied: false, because: 'configmaps kube-system/kube-proxy could not be changed: user fixer may not patch configmaps in the namespace kube-system'});
	t.deepEqual(cluster.commands, ['patch configmaps']);
	t.false(await isOpenInJournal('forbidden'));
});

test.serial('a patch whose answer was lost is put back, where it was made all the same', async t => {
	const cluster = createCluster({refusal: 'timeout', isDone: true});
	const outcome = await apply('lost', cluster);
	t.false(outcome.isApplied);
	t.is(cluster.config.text, shown);
	t.deepEqual(cluster.commands, ['patch configmaps', 'patch configmaps', 'rollout restart', 'rollout status']);
	t.false(await isOpenInJournal('lost'));
});

test('what somebody else changed since is not undone, and shown', async t => {
	const cluster = createCluster({text: wanted.replace('mode: ipvs', 'mode: iptables')});
	const entry = createEntry('since');
	const left = await undoObjects({consent: giveConsent({isAgreed: true, isReadOnly: false}), kubectl: cluster.kubectl, tell: () => undefined}, {...entry, objects: [{...object, progress: 'applied'}]});
	t.is(left?.problem, 'configmaps kube-system/kube-proxy was changed by somebody else since, so it is left as it is');
	t.deepEqual(left?.difference.slice(1), ['-mode: ipvs', '+mode: iptables', ' iptables:', '   masqueradeAll: true']);
	t.deepEqual(cluster.commands, []);
});

test.serial('an undo waits until the pods of the rollout act as before, where they can be seen', async t => {
	const cluster = createCluster({text: wanted});
	const entry = createEntry('watched');
	const readings = [true, true, false];
	const news: string[] = [];
	const {problems} = await undoChange({
		...entry, objects: [{...object, progress: 'applied'}], watched: ['k8s1', 'k8s2'].map(node => ({node, address: ''})),
	}, {
		consent: giveConsent({isAgreed: true, isReadOnly: false}),
		kubectl: cluster.kubectl,
		access: {connect: async (node: string) => (node === 'k8s1' ? {ok: true, way: 'ssh'} : notReached)} as unknown as Access,
		renew: async () => notReached,
		readNode: async node => buildNode(node, {masqueradeAll: readings.shift() === true}, buildEvidence().target),
		tell({type}) {
			news.push(type);
		},
	});
	t.deepEqual(problems, []);
	t.deepEqual(readings, []);
	t.deepEqual(news.slice(-3).toSorted(), ['effect-awaited', 'effect-seen', 'effect-unseen']);
});
