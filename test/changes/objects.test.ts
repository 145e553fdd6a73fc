import test from 'ava';
import {findOwner, findProxyDeployment, readField} from '../../src/changes/objects.ts';
import type {KubectlProgram} from '../../src/cluster/kubectl.ts';
import {type FakeAnswers, answerJson, createRecordedKubectl} from '../helpers/fake-kubectl.ts';

const daemonSetPath = '/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy';
const config = 'mode: ""\niptables:\n  masqueradeAll: false\n';

// As kubeadm and the EKS add-on write them.
const daemonSet = (command: readonly string[], mountPath: string, configMap: string, labels = {}) => ({
	metadata: {name: 'kube-proxy', labels: {'k8s-app': 'kube-proxy', ...labels}, uid: '1f'},
	status: {desiredNumberScheduled: 3},
	spec: {
		template: {
			spec: {
				containers: [{name: 'kube-proxy', command, volumeMounts: [{mountPath: '/run/xtables.lock', name: 'xtables-lock'}, {mountPath: '/lib/modules', name: 'lib-modules'}, {mountPath, name: 'config'}]}],
				volumes: [{name: 'config', configMap: {name: configMap}}, {name: 'xtables-lock', hostPath: {path: '/run/xtables.lock'}}],
			},
		},
	},
});

const kubeadm = daemonSet(['/usr/local/bin/kube-proxy', '--config=/var/lib/kube-proxy/config.conf'], '/var/lib/kube-proxy', 'kube-proxy');
const eks = daemonSet(['kube-proxy', '--v=2', '--config=/var/lib/kube-proxy-config/config'], '/var/lib/kube-proxy-config/', 'kube-proxy-config', {'eks.amazonaws.com/component': 'kube-proxy'});

const kubectlOf = (answers: FakeAnswers): KubectlProgram => createRecordedKubectl(answers) as unknown as KubectlProgram;

const find = async (answers: FakeAnswers) => findProxyDeployment(kubectlOf(answers));

test('kubeadm: the DaemonSet with its ConfigMap and key', async t => {
	t.deepEqual(await find({[daemonSetPath]: answerJson(kubeadm), '/api/v1/namespaces/kube-system/configmaps/kube-proxy': answerJson({data: {'config.conf': config, 'kubeconfig.conf': 'x'}})}), {
		kind: 'daemon-set', namespace: 'kube-system', name: 'kube-proxy', configMap: 'kube-proxy', key: 'config.conf', text: config,
	});
});

test('the add-on of EKS puts its ConfigMap back, so it is not edited', async t => {
	const answer = await find({[daemonSetPath]: answerJson(eks), '/api/v1/namespaces/kube-system/configmaps/kube-proxy-config': answerJson({data: {config}})});
	t.like(answer, {kind: 'managed', by: 'the EKS add-on'});
});

test('without a DaemonSet, or with one for no node, kube-proxy is a unit', async t => {
	t.deepEqual(await find({}), {kind: 'units'});
	t.deepEqual(await find({[daemonSetPath]: answerJson({...kubeadm, status: {desiredNumberScheduled: 0}})}), {kind: 'units'});
});

test('a DaemonSet whose configuration cannot be found or read is left to its maker', async t => {
	t.like(await find({[daemonSetPath]: answerJson(kubeadm)}), {kind: 'managed', by: 'the ConfigMap kube-system/kube-proxy, which could not be read'});
	t.like(await find({[daemonSetPath]: answerJson(daemonSet(['kube-proxy', '--proxy-mode=ipvs'], '/x', 'kube-proxy'))}), {kind: 'managed', by: 'a DaemonSet without a ConfigMap of its own'});
});

test('owners are known by kubelet\'s version, the daemon and the node\'s maker', t => {
	const by = (...words: readonly [string, string, string]): string => {
		const owner = findOwner(...words);
		return owner?.kind === 'managed' ? owner.by : '-';
	};

	t.is(by('/usr/local/bin/k3s', 'k3s://k8s1', 'v1.33.3+k3s1'), 'k3s');
	t.is(by('kube-proxy', '', 'v1.33.3+rke2r1'), 'RKE2');
	t.is(by('/snap/microk8s/1/kubelite', '', 'v1.33.3'), 'MicroK8s');
	t.is(by('kube-proxy', 'gce://project/zone/vm', 'v1.33.3-gke.1100'), 'GKE');
	t.is(by('kube-proxy', 'azure:///subscriptions/x/resourceGroups/mc_x/providers/aks-pool', 'v1.33.3'), 'AKS');
	t.is(by('kube-proxy', 'aws:///eu-west-1a/i-0', 'v1.33.3-eks-1'), '-');
	t.is(by('/usr/local/bin/kube-proxy', '', 'v1.33.3'), '-');
});

test('a field is read by its pointer, also with a slash in its name', async t => {
	const kubectl = kubectlOf({'/api/v1/namespaces/a/configmaps/c': answerJson({data: {'x/y~z': 'text'}, spec: {ports: [{targetPort: 80}]}})});
	const field = async (pointer: string) => readField(kubectl, {
		resource: 'configmaps', namespace: 'a', name: 'c', pointer, before: '', after: '',
	});
	t.deepEqual(await field('/data/x~1y~0z'), {value: 'text'});
	t.deepEqual(await field('/spec/ports/0/targetPort'), {value: 80});
	t.deepEqual(await field('/spec/none'), {value: undefined});
});
