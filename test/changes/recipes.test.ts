import test from 'ava';
import type {
	Edit,
	Kitchen,
	NotApplicable,
	Plan,
	ProxyDeployment,
} from '../../src/changes/change.ts';
import {findRecipe, recipes} from '../../src/changes/recipes/index.ts';
import {nameLastFile} from '../../src/changes/recipes/shared.ts';
import {type Situation, buildEvidence} from '../helpers/evidence-builder.ts';

const units: ProxyDeployment = {kind: 'units'};

const planOf = (id: string, situation: Situation = {}, proxy: ProxyDeployment = units, hasService = true): Plan | NotApplicable => {
	const evidence = buildEvidence(situation);
	const found = findRecipe(id);
	const kitchen: Kitchen = {nodes: evidence.nodes.values().toArray(), evidence: hasService ? evidence : undefined, proxy};
	return found?.recipe.plan(kitchen, found.value) ?? {refused: `no recipe ${id}`, tryThis: ''};
};

const describeEdit = (edit: Edit): string => {
	switch (edit.kind) {
		case 'file': {
			return `file ${edit.path}`;
		}

		case 'yaml':
		case 'json': {
			return `${edit.kind} ${edit.path} ${edit.key.join('.')}=${String(edit.value)}`;
		}

		case 'sysctl': {
			return `sysctl ${edit.key}=${edit.value}`;
		}

		case 'module': {
			return `module ${edit.name}`;
		}

		case 'bridge-port': {
			return `port ${edit.port}=${edit.value}`;
		}

		case 'bridge-flag': {
			return `${edit.bridge} ${edit.flag}=${edit.value}`;
		}

		case 'rule': {
			return `${edit.program} ${edit.table} ${edit.words.join(' ')}`;
		}
	}
};

/** What is done on one node, or why nothing is. */
const tell = (plan: Plan | NotApplicable, name = 'k8s1'): readonly string[] => ('refused' in plan
	? [`refused: ${plan.refused}`]
	: plan.nodes.filter(({node}) => node === name).flatMap(({edits, restarts, leftoversOf}) => [
		...edits.map(edit => describeEdit(edit)),
		...restarts.map(({daemon, pid}) => `restart ${daemon} ${pid}`),
		...(leftoversOf ? [`remove ${leftoversOf.before} for ${leftoversOf.after}`] : []),
	]));

const flags = ['cni0 nf_call_iptables=1', 'cni0 nf_call_ip6tables=1'];
const calls = (value: 0 | 1) => [`sysctl net/bridge/bridge-nf-call-iptables=${value}`, `sysctl net/bridge/bridge-nf-call-ip6tables=${value}`];
const loading = ['file /etc/modules-load.d/90-hairpin-br-netfilter.conf', 'file /etc/sysctl.d/99-zz-hairpin-bridge.conf', 'module br_netfilter', ...calls(1)];
const builtIn = {value: {isLoaded: true, isBuiltIn: true, file: undefined}, origin: {point: 'k8s1', command: '', excerpt: ''}};

const edited: ReadonlyArray<readonly [id: string, situation: Situation, edits: readonly string[]]> = [
	['br-netfilter', {}, loading],
	['br-netfilter', {node: {hairpinMode: 0}}, ['port veth6=1', ...loading]],
	['br-netfilter', {node: {bridgeNetfilter: 0, more: {bridgeNetfilter: builtIn}}}, loading.filter(edit => !edit.startsWith('module'))],
	['br-netfilter-narrow', {}, ['module br_netfilter', ...calls(0), ...flags]],
	['br-netfilter-narrow', {node: {bridgeNetfilter: 0}}, ['module br_netfilter', ...flags]],
	['hairpin-port=on', {}, ['port veth6=1', 'json /etc/cni/net.d/10-flannel.conflist plugins.0.delegate.hairpinMode=true']],
	['hairpin-port=off', {}, ['port veth6=0', 'json /etc/cni/net.d/10-flannel.conflist plugins.0.delegate.hairpinMode=false']],
	['kubelet-hairpin-mode=hairpin-veth', {}, ['yaml /var/lib/kubelet/config.yaml hairpinMode=hairpin-veth', 'restart kubelet 1']],
	['proxy-mode=iptables', {}, ['yaml /var/lib/kube-proxy/config.yaml mode=iptables', 'sysctl net/ipv4/conf/all/route_localnet=1', 'restart kube-proxy 2', 'remove ipvs for iptables']],
	['proxy-mode=ipvs', {}, ['yaml /var/lib/kube-proxy/config.yaml mode=ipvs', 'restart kube-proxy 2']],
	['masquerade-all=true', {}, ['yaml /var/lib/kube-proxy/config.yaml iptables.masqueradeAll=true', 'restart kube-proxy 2']],
	['ip-forward=on', {node: {ipForward: 0}}, ['file /etc/sysctl.d/99-zz-hairpin-forward.conf', 'sysctl net/ipv4/ip_forward=1']],
	['forward-accept=on', {node: {forwardPolicy: 'DROP'}}, ['iptables filter FORWARD -s 10.244.0.0/16 -j ACCEPT', 'iptables filter FORWARD -d 10.244.0.0/16 -j ACCEPT']],
	['conntrack-max=65536', {}, ['sysctl net/netfilter/nf_conntrack_max=65536']],
	['target-port=8080', {}, []],
];

for (const [id, situation, edits] of edited) {
	test(`${id} with ${JSON.stringify(situation.node ?? 'the founding state')}`, t => {
		t.deepEqual(tell(planOf(id, situation)), edits);
	});
}

test('every recipe is tried above', t => {
	const tried = new Set(edited.map(([id]) => id.split('=', 1)[0]));
	t.deepEqual(recipes.map(({name}) => name).filter(name => !tried.has(name)), ['service-selector']);
});

test('objects are changed by the field, from what was read', t => {
	t.like(planOf('target-port=8080', {targetPort: 'http'}), {
		objects: [{
			resource: 'services', namespace: 'default', name: 'nginx', pointer: '/spec/ports/0/targetPort', before: 'http', after: 8080,
		}],
	});
	t.like(planOf('service-selector=app=nginx,tier=web'), {objects: [{pointer: '/spec/selector', before: {app: 'nginx'}, after: {app: 'nginx', tier: 'web'}}]});
});

test('values that make no sense are no change', t => {
	for (const id of ['br-netfilter=on', 'masquerade-all', 'masquerade-all=maybe', 'proxy-mode=userspace', 'target-port=0', 'target-port=65536', 'conntrack-max=-1', 'service-selector=app', 'nothing']) {
		t.is(findRecipe(id), undefined, `${id} is no change`);
	}
});

test('the file of our own is read last, and is the same one when it is written again', t => {
	const name = (...others: readonly string[]) => nameLastFile('/etc/sysctl.d', 'hairpin-bridge.conf', others);
	t.is(name(), '/etc/sysctl.d/99-zz-hairpin-bridge.conf');
	t.is(name('/etc/sysctl.d/99-sysctl.conf', '/usr/lib/sysctl.d/50-default.conf'), '/etc/sysctl.d/99-zz-hairpin-bridge.conf');
	t.is(name('/etc/sysctl.d/k8s.conf'), '/etc/sysctl.d/zz-99-hairpin-bridge.conf');
	t.is(name('/etc/sysctl.d/zzz.conf'), '/etc/sysctl.d/zzzz-99-hairpin-bridge.conf');
	for (const others of [['/etc/sysctl.d/99-k8s.conf'], ['/etc/sysctl.d/k8s.conf'], ['/etc/sysctl.d/zzz.conf']]) {
		t.is(name(...others, name(...others)), name(...others));
	}
});

test('what cannot be done is refused, with what to do instead', t => {
	t.regex(tell(planOf('br-netfilter', {node: {hasModuleFile: false}})).join(''), /^refused: the kernel of k8s1, k8s2 has no module br_netfilter/v);
	t.regex(tell(planOf('br-netfilter-narrow', {node: {hasModuleFile: false}})).join(''), /has no module br_netfilter/v);
	for (const id of ['hairpin-port=on', 'target-port=80', 'service-selector=app=nginx']) {
		const plan = planOf(id, {}, units, false);
		t.regex('tryThis' in plan ? plan.tryThis : '', /svc\/NAME/v, `${id} needs a Service`);
	}

	const gone = {unknown: 'not running'};
	t.regex(tell(planOf('masquerade-all=true', {node: {more: {kubeProxy: gone}}})).join(''), /configuration of kube-proxy on k8s1 is not known: not running/v);
	t.regex(tell(planOf('kubelet-hairpin-mode=none', {node: {more: {kubelet: gone}}})).join(''), /kubelet's configuration on k8s1 is not known/v);
});

test('where somebody else owns kube-proxy, its owner\'s way is told', t => {
	const managed: ProxyDeployment = {kind: 'managed', by: 'k3s', tryThis: 'put it into config.yaml'};
	for (const id of ['masquerade-all=true', 'proxy-mode=iptables']) {
		t.deepEqual(planOf(id, {}, managed), {refused: 'kube-proxy belongs to k3s here', tryThis: 'put it into config.yaml'});
	}

	t.deepEqual(tell(planOf('br-netfilter', {}, managed)), loading, 'nothing to do with kube-proxy');
});

test('a ConfigMap is edited once for all nodes, and its DaemonSet started anew', t => {
	const proxy: ProxyDeployment = {
		kind: 'daemon-set', namespace: 'kube-system', name: 'kube-proxy', configMap: 'kube-proxy', key: 'config.conf', text: 'mode: "" # default\niptables:\n  masqueradeAll: false\n',
	};
	t.like(planOf('masquerade-all=true', {}, proxy), {
		nodes: [],
		objects: [{
			resource: 'configmaps', namespace: 'kube-system', name: 'kube-proxy', pointer: '/data/config.conf', before: proxy.text, after: proxy.text.replace('false', 'true'),
		}],
		rollouts: [{namespace: 'kube-system', name: 'kube-proxy'}],
	});
	t.deepEqual(tell(planOf('proxy-mode=iptables', {}, proxy)), ['sysctl net/ipv4/conf/all/route_localnet=1', 'remove ipvs for iptables']);
	t.regex(tell(planOf('masquerade-all=true', {}, {...proxy, text: 'iptables: ['})).join(''), /^refused: the ConfigMap kube-system\/kube-proxy, key config.conf: line 1/v);
});
