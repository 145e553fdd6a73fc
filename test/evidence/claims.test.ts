import test from 'ava';
import {type ClaimedSetting, isContradicted, readClaims} from '../../src/evidence/claims.ts';
import type {NodeEvidence} from '../../src/evidence/evidence.ts';
import {readRecording} from '../helpers/session-recording.ts';

const founding: NodeEvidence = readRecording('founding').at(-1)!.state.nodes.get('k8s1')!;

const told = ({claims}: ClaimedSetting): readonly string[] => claims.map(({source, value, standing}) => `${standing}: ${source}: ${'value' in value ? value.value : `? ${value.unknown}`}`);

const settingOf = (node: NodeEvidence, name: ClaimedSetting['setting']): ClaimedSetting => readClaims(node).find(({setting}) => setting === name)!;

const contradictions = (setting: ClaimedSetting): readonly string[] => setting.claims.filter(claim => isContradicted(setting, claim)).map(({source}) => source);

test('each source of the founding node is told with what it says, what acts last', t => {
	t.deepEqual(told(settingOf(founding, 'hairpin')), [
		'aside: kubelet hairpinMode in /var/lib/kubelet/config.yaml: promiscuous-bridge',
		'aside: CNI hairpinMode, for pods to come: true',
		'acts: hairpin_mode of the bridge ports: cni0 1 ×2',
	]);
	t.deepEqual(told(settingOf(founding, 'proxy mode')), [
		'claims: mode in /var/lib/kube-proxy/config.yaml: ipvs',
		'claims: the running kube-proxy: ipvs',
		'aside: its start and its file: started after the file was written',
		'acts: the kernel\'s tables: ipvs',
	]);
	t.deepEqual(contradictions(settingOf(founding, 'proxy mode')), []);
	t.deepEqual(contradictions(settingOf(founding, 'masqueradeAll')), []);
});

test('a file that was edited after kube-proxy started claims what does not act', t => {
	const {kubeProxyConfig, kubeProxy} = founding;
	if (!('value' in kubeProxyConfig) || !('value' in kubeProxy)) {
		throw new Error('the recording has both');
	}

	const edited = {...founding, kubeProxyConfig: {...kubeProxyConfig, value: {...kubeProxyConfig.value, text: kubeProxyConfig.value.text.replace('mode: ipvs', 'mode: iptables'), modifiedAt: kubeProxy.value.startedAt + 60}}};
	t.deepEqual(contradictions(settingOf(edited, 'proxy mode')), ['mode in /var/lib/kube-proxy/config.yaml']);
	t.true(told(settingOf(edited, 'proxy mode')).includes('aside: its start and its file: file written 60 s after the start'));
});

test('what was not read is told with its reason and contradicts nothing', t => {
	const unread = {...founding, kubeProxyConfigz: {unknown: 'port 10249 does not answer'}};
	t.true(told(settingOf(unread, 'masqueradeAll')).includes('claims: the running kube-proxy (/configz): ? port 10249 does not answer'));
	t.deepEqual(contradictions(settingOf(unread, 'masqueradeAll')), []);
});
