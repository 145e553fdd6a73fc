import {execFileSync} from 'node:child_process';
import test from 'ava';
import {parse} from 'yaml';
import {type Change, nameChange} from '../../src/changes/change.ts';
import {findRecipe, recipes} from '../../src/changes/recipes/index.ts';
import {isRefused} from '../../src/changes/recipes/shared.ts';
import type {PreparedFix} from '../../src/fix/fix-session.ts';
import {previewChange} from '../../src/fix/preview.ts';
import {renderChange} from '../../src/fix/render.ts';
import {buildEvidence} from '../helpers/evidence-builder.ts';

const evidence = buildEvidence({outcomes: {'mars1 vip': 'timeout'}, node: {hairpinMode: 0}});

const prepare = (id: string): PreparedFix => {
	const found = findRecipe(id);
	const plan = found?.recipe.plan({nodes: evidence.nodes.values().toArray(), evidence, proxy: {kind: 'units'}}, found.value);
	if (!found || !plan || isRefused(plan)) {
		throw new Error(`${id} cannot be planned`);
	}

	const change: Change = {id: nameChange(found.recipe, found.value), ...found, plan};
	return {
		change, prepared: [], preview: previewChange(change, [], evidence, []), before: undefined, nodes: [], evidence: evidence.nodes,
	};
};

const onNodes = ['br-netfilter', 'br-netfilter-narrow', 'hairpin-port=on', 'masquerade-all=true', 'proxy-mode=iptables', 'ip-forward=on', 'conntrack-max=262144'];

test('as a script it is sh, names each node once, and says what it costs', t => {
	for (const id of onNodes) {
		const text = renderChange(prepare(id), 'shell', undefined);
		execFileSync('sh', ['-n'], {input: text});
		t.is(text.split('k8s1').length, 2, text);
	}

	t.regex(renderChange(prepare('masquerade-all=true'), 'shell', undefined), /# Price: backends, logs and NetworkPolicies[\s\S]+yq -i '\.\["iptables"\]\["masqueradeAll"\] = true' '[^']+'\n\tsystemctl restart 'kube-proxy'/v);
	t.regex(renderChange(prepare('br-netfilter'), 'shell', undefined), /ip link set dev 'veth[^']+' type bridge_slave hairpin on[\s\S]+modprobe 'br_netfilter'/v);
});

test('as Ansible it is a play for the nodes, one of them first', t => {
	const plays = parse(renderChange(prepare('br-netfilter'), 'ansible', undefined)) as ReadonlyArray<{readonly hosts: string; readonly serial: unknown; readonly tasks: ReadonlyArray<Readonly<Record<string, unknown>>>}>;
	t.deepEqual(plays.flatMap(({hosts}) => hosts.split(',')).toSorted(), ['k8s1', 'k8s2']);
	t.deepEqual(plays[0].serial, [1, '100%']);
	t.true(plays[0].tasks.some(task => 'community.general.modprobe' in task));
});

test('as a DaemonSet it runs on the node itself, with the image that was named', t => {
	const daemonSet = parse(renderChange(prepare('br-netfilter'), 'daemonset', 'registry.test/tools:1')) as {readonly spec: {readonly template: {readonly spec: {readonly hostPID: boolean; readonly initContainers: ReadonlyArray<{readonly image: string; readonly command: readonly string[]; readonly securityContext: {readonly privileged: boolean}}>}}}};
	const [{image, command, securityContext}] = daemonSet.spec.template.spec.initContainers;
	t.is(image, 'registry.test/tools:1');
	t.true(securityContext.privileged && daemonSet.spec.template.spec.hostPID);
	t.is(command[0], 'nsenter');
	execFileSync('sh', ['-n'], {input: command.at(-1)});
});

test('every change says what it is, what it decides and what it cuts', t => {
	for (const recipe of recipes) {
		t.true(recipe.why.length > 40 && recipe.cuts.length > 0 && recipe.title(recipe.values.at(0) ?? '').length > 10, recipe.name);
	}

	t.throws(() => renderChange(prepare('target-port=8080'), 'shell', undefined), {message: /objects of the cluster/v});
});
