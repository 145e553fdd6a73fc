import test from 'ava';
import {type Change, nameChange} from '../../src/changes/change.ts';
import type {Entry} from '../../src/changes/journal.ts';
import type {PreparedNode} from '../../src/changes/prepare.ts';
import {findRecipe} from '../../src/changes/recipes/index.ts';
import {isRefused} from '../../src/changes/recipes/shared.ts';
import type {FixResult, PreparedFix} from '../../src/fix/fix-session.ts';
import {previewChange} from '../../src/fix/preview.ts';
import {formatFixJson} from '../../src/report/fix-json.ts';
import {
	formatBeforeAfter,
	formatChangeNews,
	formatJournal,
	formatPreview,
} from '../../src/report/fix-text.ts';
import {initialState} from '../../src/session-state.ts';
import {buildEvidence} from '../helpers/evidence-builder.ts';
import {readRecordedEvidence} from '../helpers/recorded-evidence.ts';

const evidence = buildEvidence({outcomes: {'mars1 vip': 'timeout'}});
const repaired = buildEvidence({});

const changeOf = (id: string): Change => {
	const found = findRecipe(id);
	const plan = found?.recipe.plan({nodes: evidence.nodes.values().toArray(), evidence, proxy: {kind: 'units'}}, found.value);
	if (!found || !plan || isRefused(plan)) {
		throw new Error(`no change ${id}`);
	}

	return {id: nameChange(found.recipe, found.value), ...found, plan};
};

const config = '/var/lib/kube-proxy/config.yaml';
const prepared = (node: string): PreparedNode => ({
	node,
	steps: [{
		kind: 'file',
		name: config,
		before: 'sha256:00',
		wanted: 'base64:',
		textBefore: 'mode: ipvs\niptables:\n  masqueradeAll: false # \u{1B}[31mred\n',
		textAfter: 'mode: ipvs\niptables:\n  masqueradeAll: true # \u{1B}[31mred\n',
	}, {
		kind: 'sysctl', name: 'net/ipv4/ip_forward', before: '0', wanted: '1',
	}],
	units: ['kube-proxy.service'],
	leftoversOf: undefined,
});

const change = changeOf('masquerade-all=true');
const preview = previewChange(change, [prepared('k8s1'), prepared('k8s2')], evidence, ['br-netfilter']);

const bodyOf = (text: string): string => text.slice(text.indexOf('\n\n') + 2);

test('a preview: what is typed with its diff and undo, what is expected, the price, and other ways', t => {
	t.is(bodyOf(formatPreview(preview)), `what is done
  on k8s1, k8s2 (the first one alone, then the others)
    edit ${config}
          undo: put back ${config}, byte for byte
        @@ -1,3 +1,3 @@
         mode: ipvs
         iptables:
        -  masqueradeAll: false # red
        +  masqueradeAll: true # red
    sysctl -w net.ipv4.ip_forward=1                                 undo: sysctl -w net.ipv4.ip_forward=0
    systemctl restart kube-proxy.service

expected of the probes
  default/mars1      →  10.98.171.178:8080  ✗ → ✓ will be open
  default/mars1      →  10.244.0.19:80      ✓ stays open
  default/mars2      →  10.98.171.178:8080  ✓ stays open
  default/mars2      →  10.244.0.19:80      ✓ stays open
  default/nginx-app  →  10.98.171.178:8080  ✓ stays open
  k8s1               →  10.98.171.178:8080  ✓ stays open

price
  backends, logs and NetworkPolicies by pod see the node's address instead of the client's

cuts
  no connection: those that are open keep their translation

would do as well, with other drawbacks
  hairpin fix br-netfilter
`);
});

test('a change that does not help or breaks something says so, with the fault', t => {
	t.regex(formatPreview(previewChange(changeOf('proxy-mode=iptables'), [], evidence, [])), /mars1 +→ +10\.98\.171\.178:8080 +✗ stays as it is +\(br-netfilter-not-loaded\)/v);
	const before = buildEvidence({node: {masqueradeAll: true}});
	t.regex(formatPreview(previewChange(changeOf('masquerade-all=false'), [], before, [])), /mars1 +→ +10\.98\.171\.178:8080 +✓ → ✗ will FAIL +\(br-netfilter-not-loaded\)/v);
});

test('where there is no room for a name and what is said of it, the fault stands below', t => {
	const text = formatPreview(previewChange(changeOf('proxy-mode=iptables'), [], evidence, []), 70);
	t.regex(text, /\n {2}default\/mars1 +→ +10\.98\.171\.178:8080 +✗ stays as it is\n {6}\(br-netfilter-not-loaded\)\n/v);
	t.regex(text, /\n {2}default\/nginx-app /v);
});

test('a change breaks connections where it restarts what would cut them', t => {
	t.true(previewChange(changeOf('proxy-mode=iptables'), [prepared('k8s1')], evidence, []).isCutting);
	t.false(previewChange(changeOf('proxy-mode=iptables'), [], evidence, []).isCutting);
	t.false(preview.isCutting);
});

const entry: Entry = {
	schema: 'hairpin/journal/v1',
	id: '20261123-160000-ab12',
	at: '2026-11-23T16:00:00.000Z',
	change: change.id,
	title: preview.title,
	subject: 'default/nginx from default/mars1',
	access: {
		kubeconfig: undefined, context: undefined, via: undefined, destinations: [], sshConfig: undefined, image: undefined, pullSecret: undefined, debugNamespace: undefined,
	},
	nodes: (['applied', 'planned'] as const).map((progress, index) => ({
		node: `k8s${index + 1}`, address: '172.30.0.11', progress, settings: [], units: [], leftoversOf: undefined,
	})),
	objects: [],
	rollouts: [],
	until: undefined,
};

test('before and after stand side by side, and the journal is a table', t => {
	t.deepEqual(formatBeforeAfter(evidence.matrix, repaired.matrix).slice(0, 2).map(line => line.trimEnd()), [
		'FROM               ON    TO                  BEFORE     AFTER',
		'default/mars1      k8s1  10.98.171.178:8080  ✗ timeout  ✓ 1.0 ms',
	]);
	t.is(formatJournal([]), 'nothing was changed from here\n');
	t.is(formatJournal([entry]).split('\n', 2)[1].trimEnd().replaceAll(/ {2,}/gv, ' | '), '20261123-160000-ab12 | masquerade-all=true | k8s1,k8s2 | applied | default/nginx from default/mars1');
	t.is(formatChangeNews({
		type: 'leftovers-removed', node: 'k8s1', mode: 'ipvs', left: ['kube-ipvs0'],
	}), 'k8s1: rules of mode ipvs removed, but not: kube-ipvs0');
	t.is(formatChangeNews({type: 'rejudged', node: 'k8s1', worse: []}), 'after k8s1: nothing is worse');
});

test('an endpoint whose port the change moved stands beside what it was before, and its preview says so', async t => {
	const found = await readRecordedEvidence('practice/target-port/found.bundle');
	const {matrix} = await readRecordedEvidence('practice/target-port/target-port=80.bundle');
	const rows = formatBeforeAfter(found.matrix, matrix).slice(1);
	t.true(rows.every(row => / ✗ refused(?: at :81)? +✓ /v.test(row)));
	t.true(rows.some(row => /10\.244\.0\.19:80 +✗ refused at :81 +✓/v.test(row)));
	const {recipe, value} = findRecipe('target-port=80')!;
	const plan = recipe.plan({nodes: [], evidence: found, proxy: {kind: 'units'}}, value);
	if (isRefused(plan)) {
		throw new Error(plan.refused);
	}

	const moved: Change = {
		id: 'target-port=80', recipe, value, plan,
	};
	t.regex(formatPreview(previewChange(moved, [], found, [])), /default\/mars1 +→ +10\.244\.0\.19:80 +✗ → ✓ will be open +\(until now :81\)/v);
});

test('JSON tells of a preview what of a result is not there yet, and of a failure why', t => {
	const fix: PreparedFix = {
		change, preview, prepared: [], before: {...initialState, matrix: evidence.matrix}, nodes: [], evidence: new Map(),
	};
	const read = (result: FixResult | undefined, exitCode: number) => JSON.parse(formatFixJson(fix, result, exitCode)) as Record<string, unknown>;
	const shown = read(undefined, 0);
	t.like(shown, {
		schema: 'hairpin/fix/v1', change: 'masquerade-all=true', applied: false, after: null, journal: null, problem: null, exitCode: 0,
	});
	t.deepEqual((shown.predictions as readonly unknown[])[0], {
		from: 'default/mars1', to: '10.98.171.178:8080', now: 'timeout', expected: 'fixed', by: null,
	});
	t.deepEqual((shown.before as readonly unknown[])[0], {from: 'default/mars1', to: '10.98.171.178:8080', outcome: 'timeout'});
	const done = read({isApplied: true, entry, after: {...initialState, matrix: repaired.matrix}}, 0);
	t.like(done, {applied: true, journal: entry.id, problem: null});
	t.deepEqual((done.after as readonly unknown[])[0], {from: 'default/mars1', to: '10.98.171.178:8080', outcome: 'open'});
	t.deepEqual(Object.keys(done), Object.keys(shown));
	t.like(read({
		isApplied: false, entry, because: 'k8s1: it did not act', after: undefined,
	}, 2), {applied: false, problem: 'k8s1: it did not act', after: null});
});
