import {readFileSync} from 'node:fs';
import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import type {Access, Answer} from '../../src/access/access.ts';
import {unreadNode} from '../../src/cluster/read-node.ts';
import {findNodes} from '../../src/fleet/find-nodes.ts';
import {readFleet} from '../../src/fleet/read-fleet.ts';
import {UserFacingError} from '../../src/user-facing-error.ts';
import {type FakeAnswers, answerJson, createRecordedKubectl} from '../helpers/fake-kubectl.ts';

const {signal} = new AbortController();

const nodeObject = (name: string, more: Record<string, unknown> = {}) => ({
	metadata: {name},
	status: {
		addresses: [{type: 'InternalIP', address: '192.0.2.1'}],
		conditions: [{type: 'Ready', status: 'True'}],
		nodeInfo: {operatingSystem: 'linux', kubeletVersion: 'v1.33.3'},
		images: Array.from({length: 20}, (_, index) => ({names: [`registry.invalid/${name}/${index}`]})),
	},
	...more,
});

const pageOf = (page: number, next: string | undefined) => answerJson({
	metadata: {...(next !== undefined && {continue: next})},
	items: Array.from({length: 100}, (_, index) => nodeObject(`n${(page * 100) + index}`)),
});

const pathOf = (page: number): string => `/api/v1/nodes?limit=100${page === 0 ? '' : `&continue=token/${page}+`}`;

const twentyPages: FakeAnswers = Object.fromEntries(Array.from({length: 20}, (_, page) => [pathOf(page), pageOf(page, page === 19 ? undefined : `token/${page + 1}+`)]));

test('two thousand nodes are listed in pages, and of each only what is needed is kept', async t => {
	const kubectl = createRecordedKubectl(twentyPages);
	const {nodes, isWhole, notes} = await findNodes(kubectl, {names: [], selector: undefined}, signal);
	t.deepEqual([nodes.length, nodes.at(0)?.name, nodes.at(-1)?.name], [2000, 'n0', 'n1999']);
	t.deepEqual([isWhole, notes], [true, []]);
	t.deepEqual(kubectl.asked, Array.from({length: 20}, (_, page) => pathOf(page)));
	t.true(JSON.stringify(nodes).length < 2000 * 400);
});

test('a list that ends with a failure is used as far as it goes, and says so', async t => {
	const {nodes, isWhole, notes} = await findNodes(createRecordedKubectl({
		[pathOf(0)]: pageOf(0, 'token/1+'),
		[pathOf(1)]: {stderr: 'Error from server (Expired): the provided continue parameter is too old\n', exitCode: 1},
	}), {names: [], selector: undefined}, signal);
	t.deepEqual([nodes.length, isWhole], [100, false]);
	t.regex(notes[0], /only the first 100 nodes .*too old/v);
});

const selected = '/api/v1/nodes?limit=100&labelSelector=pool in (a,b)';

test('a selector goes to the API server; nodes of Windows and those that are not ready are told', async t => {
	const found = await findNodes(createRecordedKubectl({
		[selected]: answerJson({
			items: [
				nodeObject('a'), nodeObject('win1', {status: {nodeInfo: {operatingSystem: 'windows'}, conditions: [{type: 'Ready', status: 'True'}]}}), nodeObject('b', {status: {}}), {kind: 'junk'},
			],
		}),
	}), {names: [], selector: 'pool in (a,b)'}, signal);
	t.deepEqual(found.nodes.map(({name}) => name), ['a', 'b']);
	t.deepEqual(found.notes, ['not looked at, because they run Windows: win1', 'NotReady: b']);
});

const refusal = async (answers: FakeAnswers, names: readonly string[], selector?: string): Promise<UserFacingError> => {
	try {
		await findNodes(createRecordedKubectl(answers), {names, selector}, signal);
	} catch (error) {
		if (error instanceof UserFacingError) {
			return error;
		}
	}

	throw new Error('it was not refused');
};

test('nodes that do not exist, bad selectors and empty lists are refused with the next step', async t => {
	const list = answerJson({items: ['k8s1', 'k8s2', 'web'].map(name => nodeObject(name))});
	const unknown = await refusal({'/api/v1/nodes?limit=500': list}, ['k8s9']);
	t.deepEqual([unknown.because, unknown.tryThis], ['there is no node k8s9', 'did you mean k8s1 or k8s2?']);
	t.regex((await refusal({}, ['-oProxyCommand=x'])).because, /cannot be the name of a node/v);
	t.regex((await refusal({[selected]: answerJson({items: []})}, [], 'pool in (a,b)')).because, /no node has the labels/v);
	const bad = await refusal({'/api/v1/nodes?limit=100&labelSelector=a==': {stderr: 'Error from server (BadRequest): unable to parse requirement\n', exitCode: 1}}, [], 'a==');
	t.regex(bad.because, /does not understand the selector a==/v);
	const forbidden = await refusal({'/api/v1/nodes?limit=100': {stderr: 'Error from server (Forbidden): nodes is forbidden: User "eve" cannot list resource "nodes" in API group "" at the cluster scope\n', exitCode: 1}}, []);
	t.regex(forbidden.because, /user eve may not list nodes/v);
	t.regex(forbidden.tryThis, /hairpin nodes NODE/v);
});

test('nodes that are named are looked at also when the API tells nothing about them', async t => {
	const down = {stderr: 'The connection to the server 192.0.2.9:6443 was refused - did you specify the right host or port?\n', exitCode: 1};
	const found = await findNodes(createRecordedKubectl({'/api/v1/nodes/k8s1': down, '/api/v1/nodes/k8s2': answerJson(nodeObject('k8s2'))}), {names: ['node/k8s1', 'k8s2', 'k8s1'], selector: undefined}, signal);
	t.deepEqual(found.nodes.map(({name}) => name), ['k8s1', 'k8s2']);
	t.regex(found.notes[0], /what the API knows of k8s1 could not be read .*looked at all the same/v);
});

const founding = readFileSync(new URL('../fixtures/evidence/node-founding.txt', import.meta.url), 'utf8');
const some = (count: number) => Array.from({length: count}, (_, index) => unreadNode(`n${index}`, ''));

/** An access to nodes that all print the same, but for those that refuse; counts what is open at a time. */
const createFakeAccess = (isRefused: (node: string) => boolean = () => false) => {
	const counts = {
		now: 0, most: 0, open: 0, mostOpen: 0, closed: 0,
	};
	const openAccess = (): Access => {
		counts.open++;
		counts.mostOpen = Math.max(counts.mostOpen, counts.open);
		return {
			async connect(node) {
				counts.most = Math.max(counts.most, ++counts.now);
				await nextTurn();
				if (isRefused(node)) {
					counts.now--;
					return {ok: false, because: `${node} is not there`, tryThis: 'wait'};
				}

				return {ok: true, way: 'ssh'};
			},
			async run(): Promise<Answer> {
				await nextTurn();
				counts.now--;
				return {
					ok: true, command: 'ssh', stdout: founding, stderr: '', exitCode: 0, ms: 1,
				};
			},
			stream() {
				throw new Error('nothing is streamed');
			},
			change() {
				throw new Error('nothing is changed');
			},
			async close() {
				counts.open--;
				counts.closed++;
			},
		};
	};

	return {openAccess, counts};
};

test('nodes are read some at a time, told at once and kept in order; connections do not pile up', async t => {
	const {openAccess, counts} = createFakeAccess(node => node === 'n7');
	const told: string[] = [];
	const {reports, unread} = await readFleet(some(120), {
		openAccess, concurrency: 4, signal, tell(news) {
			told.push(news.type);
		},
	});
	t.is(counts.most, 4);
	t.deepEqual([counts.mostOpen, counts.closed, counts.open], [1, 2, 0]);
	t.deepEqual(reports.map(({node}) => node), some(120).map(({name}) => name).filter(name => name !== 'n7'));
	t.deepEqual(unread, [{node: 'n7', because: 'n7 is not there', tryThis: 'wait'}]);
	t.is(told.length, 120);
	t.like(reports[0].settings, {proxyMode: {value: 'ipvs'}, masqueradeAll: {value: false}, hairpinPorts: {value: {on: 2, total: 2}}});
});

test('stopped in the middle, it keeps what was there and closes what was open', async t => {
	const {openAccess, counts} = createFakeAccess();
	const controller = new AbortController();
	const {reports, unread} = await readFleet(some(120), {
		openAccess, concurrency: 2, signal: controller.signal, tell() {
			controller.abort();
		},
	});
	t.is(reports.length, 1);
	t.deepEqual(unread, []);
	t.deepEqual([counts.open, counts.closed], [0, 1]);
});
