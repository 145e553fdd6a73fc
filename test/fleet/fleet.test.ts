import test from 'ava';
import type {NodeEvidence} from '../../src/evidence/evidence.ts';
import {findDifferences} from '../../src/fleet/find-differences.ts';
import type {NodeReport} from '../../src/fleet/fleet.ts';
import {summarizeFleet} from '../../src/fleet/summarize-fleet.ts';
import {read} from '../helpers/evidence-builder.ts';
import {fleetOf, healthy, reportOf} from '../helpers/fleet-builder.ts';
import type {NodeSettings} from '../helpers/node-builder.ts';

const statuses = ({findings}: NodeReport): Readonly<Record<string, string>> => Object.fromEntries(findings.map(({id, status}) => [id, status]));

const becauseOf = ({findings}: NodeReport, id: string): string => findings.find(finding => finding.id === id)?.because ?? '';

const cni = (document: unknown): NodeEvidence['cniConfigs'] => read([{path: '/etc/cni/net.d/10.conflist', modifiedAt: 0, text: JSON.stringify({plugins: [document]})}]);

const founding: NodeSettings = {bridgeNetfilter: 'absent', ip6: 'absent', bootModules: []};

test('a node in good order has no findings', t => {
	t.deepEqual(statuses(reportOf('k8s1')), {});
});

test('without br_netfilter a bridge of pods would break Services, which only packets make certain', t => {
	const report = reportOf('k8s1', founding);
	t.deepEqual(statuses(report), {'br-netfilter-not-loaded': 'broken', 'br-nf-reset-at-boot-or-runtime': 'latent'});
	t.regex(becauseOf(report, 'br-netfilter-not-loaded'), /^br_netfilter is not loaded, .* cni0 .*wait in vain/v);
	t.notRegex(JSON.stringify(report.findings.map(({because, repair}) => [because, repair])), /k8s1/v, 'sentences leave out the name, so that nodes can be told together');
	t.true(report.findings[0].repair.includes('modprobe br_netfilter'));
});

test('masqueradeAll hides the missing br_netfilter: both are latent', t => {
	t.deepEqual(statuses(reportOf('k8s1', {...founding, masqueradeAll: true})), {
		'br-netfilter-not-loaded': 'latent', 'br-nf-reset-at-boot-or-runtime': 'latent', 'masquerade-all-masking': 'latent',
	});
	t.deepEqual(statuses(reportOf('k8s1', {masqueradeAll: true})), {});
});

test('a missing br_netfilter is no fault where the CNI plugin uses no bridge, whatever other bridges there are', t => {
	t.deepEqual(statuses(reportOf('k8s1', {...founding, more: {cniConfigs: cni({type: 'calico'})}})), {});
	t.deepEqual(statuses(reportOf('k8s1', {...founding, more: {cniConfigs: cni({type: 'bridge', bridge: 'br9'}), bridges: read([])}})), {
		'br-netfilter-not-loaded': 'latent', 'br-nf-reset-at-boot-or-runtime': 'latent',
	}, 'its bridge comes with the first pod');
});

test('whether a bridge carries pods is not guessed', t => {
	const bridge = {
		name: 'br-lan', nfCallIptables: 0, nfCallIp6tables: 0, isPromiscuous: false, addresses: [], ports: [{name: 'eth1', ifindex: 2, hairpinMode: 0}],
	} as const;
	const report = reportOf('k8s1', {...founding, more: {bridges: read([bridge]), cniConfigs: {unknown: 'no CNI configuration was found on k8s1'}}});
	t.is(statuses(report)['br-netfilter-not-loaded'], 'unknown');
	t.regex(becauseOf(report, 'br-netfilter-not-loaded'), /whether br-lan carries pods is not known: no CNI configuration was found$/v);
	t.is(statuses(reportOf('k8s1', {...founding, more: {cniConfigs: {unknown: 'none'}}}))['br-netfilter-not-loaded'], 'broken', 'cni0 is what plugins call their bridge');
	t.is(statuses(reportOf('k8s1', {...founding, more: {cniConfigs: cni({type: 'multus'}), bridges: read([bridge])}}))['br-netfilter-not-loaded'], 'unknown');
});

test('the switch, the missing module and what nobody translates are told apart', t => {
	t.deepEqual(statuses(reportOf('k8s1', {bridgeNetfilter: 0})), {'br-nf-call-iptables-off': 'broken', 'br-nf-reset-at-boot-or-runtime': 'latent'});
	t.deepEqual(statuses(reportOf('k8s1', {bridgeNetfilter: 0, bridgeSwitch: 1})), {});
	t.deepEqual(statuses(reportOf('k8s1', {...founding, hasModuleFile: false, bootModules: healthy.bootModules})), {
		'br-netfilter-module-missing': 'broken', 'br-nf-reset-at-boot-or-runtime': 'latent',
	});
	const without = {unknown: 'no kube-proxy process runs on k8s1'};
	const idle = reportOf('k8s1', {
		...founding, more: {
			kubeProxy: without, proxyMode: without, kubeProxyConfigz: without, kubeProxyConfig: without, virtualServerCount: read(0),
		},
	});
	t.deepEqual(statuses(idle), {'br-netfilter-not-loaded': 'latent', 'br-nf-reset-at-boot-or-runtime': 'latent'});
});

test('the IPv6 switch counts only where pods have IPv6', t => {
	t.deepEqual(statuses(reportOf('k8s1', {ip6: 0})), {});
	const bridge = {
		name: 'cni0', nfCallIptables: 0, nfCallIp6tables: 0, isPromiscuous: false, addresses: ['10.244.0.1/24', 'fd00::1/64', 'fe80::1/64'], ports: [{name: 'veth1', ifindex: 5, hairpinMode: 1}],
	} as const;
	t.deepEqual(statuses(reportOf('k8s1', {ip6: 0, more: {bridges: read([bridge])}})), {'br-nf-call-ip6tables-off': 'broken'});
});

test('hairpin_mode 0 harms only pods that reach themselves, and nobody while br_netfilter is off', t => {
	const report = reportOf('k8s1', {hairpinMode: 0});
	t.deepEqual(statuses(report), {'hairpin-port-off': 'latent'});
	t.regex(becauseOf(report, 'hairpin-port-off'), /other pods can/v);
	const off = reportOf('k8s1', {...founding, hairpinMode: 0});
	t.regex(becauseOf(off, 'hairpin-port-off'), /no effect now, because br_netfilter is off/v);
	t.regex(off.findings.find(({id}) => id === 'br-netfilter-not-loaded')?.repair[0] ?? '', /^# first: .*hairpin on/v);
});

test('ip_forward 0 and a FORWARD that drops would break the ways to other nodes', t => {
	t.deepEqual(statuses(reportOf('k8s1', {ipForward: 0})), {'ip-forward-off': 'broken'});
	const dropping = reportOf('k8s1', {forwardPolicy: 'DROP'});
	t.deepEqual(statuses(dropping), {'forward-policy-drop': 'broken'});
	t.true(dropping.findings[0].repair.includes('iptables -I FORWARD -s 10.244.0.0/16 -j ACCEPT'));
	t.deepEqual(statuses(reportOf('k8s1', {forwardPolicy: 'DROP', forwardRules: ['-A FORWARD -s 10.244.0.0/16 -j ACCEPT', '-A FORWARD -d 10.244.0.0/16 -j ACCEPT']})), {});
	t.deepEqual(statuses(reportOf('k8s1', {forwardPolicy: 'DROP', forwardRules: ['-A FORWARD -m set --match-set pods src -j ACCEPT']})), {'forward-policy-drop': 'unknown'});
	t.deepEqual(statuses(reportOf('k8s1', {forwardPolicy: 'DROP', more: {cniConfigs: cni({type: 'calico'})}})), {'forward-policy-drop': 'unknown'});
});

test('kube-proxy that is not as configured is named, and harms nothing', t => {
	const report = reportOf('k8s1', {configuredMode: 'iptables'});
	t.deepEqual(statuses(report), {'proxy-mode-not-as-configured': 'latent'});
	t.regex(becauseOf(report, 'proxy-mode-not-as-configured'), /config\.yaml says mode iptables, kube-proxy runs with ipvs; it harms nothing/v);
});

test('what could not be read is unknown, and the reason leaves out the name', t => {
	const report = reportOf('k8s1', {more: {iptables: {unknown: 'no iptables-save that could print the rules is installed on k8s1'}}});
	t.deepEqual(statuses(report), {'iptables-backend-mix': 'unknown', 'forward-policy-drop': 'unknown'});
	t.deepEqual(report.settings.masqueradeAll, {value: false}, 'the running kube-proxy tells it');
	const silent = {unknown: 'kube-proxy on k8s1 does not show its /configz'};
	t.is(statuses(reportOf('k8s1', {...founding, more: {iptables: silent, kubeProxyConfigz: silent}}))['br-netfilter-not-loaded'], 'unknown', 'masqueradeAll may hide it');
	t.deepEqual(report.settings.forwardPolicy, {unknown: 'no iptables-save that could print the rules is installed'});
});

test('a fleet is at fault when one node is, not known when something was not read, and healthy with latent faults', t => {
	const unread = {node: 'k8s9', because: 'no route', tryThis: 'a jump host'};
	const good = reportOf('k8s1');
	t.is(summarizeFleet(fleetOf([good])).conclusion, 'healthy');
	t.like(summarizeFleet(fleetOf([good, reportOf('k8s2', {hairpinMode: 0})])), {conclusion: 'healthy', sentence: 'nothing on 2 nodes would break a Service now; latent: hairpin-port-off'});
	t.like(summarizeFleet(fleetOf([good], [unread])), {conclusion: 'undecided', sentence: '1 of 2 nodes could not be read; nothing that was read would break a Service now'});
	t.is(summarizeFleet({...fleetOf([good]), isWhole: false}).conclusion, 'undecided');
	t.is(summarizeFleet(fleetOf([good, reportOf('k8s2', {more: {iptables: {unknown: 'x'}}})])).conclusion, 'undecided');
	const fault = summarizeFleet(fleetOf([good, reportOf('k8s2', founding), reportOf('k8s3', founding)], [unread]));
	t.is(fault.conclusion, 'fault');
	t.deepEqual(fault.findings[0].nodes, ['k8s2', 'k8s3']);
	t.regex(fault.sentence, /^on 2 of 3 nodes Services would break: br-netfilter-not-loaded; 1 of 4/v);
});

test('the odd ones out are those that differ from more than half', t => {
	const others = ['a', 'b', 'c'].map(name => reportOf(name));
	const odd = ['x', 'y'].map(name => reportOf(name, {mode: 'iptables', ipForward: 0}));
	t.deepEqual(findDifferences([...others, ...odd]), {
		odd: [{
			nodes: ['x', 'y'],
			deviations: [{setting: 'ip_forward', value: '0', usual: '1'}, {setting: 'kube-proxy mode', value: 'iptables', usual: 'ipvs'}],
		}],
		splits: [],
	});
	t.deepEqual(findDifferences([others[0], odd[0]]).splits[0], {setting: 'ip_forward', values: [{value: '1', nodes: ['a']}, {value: '0', nodes: ['x']}]});
	t.deepEqual(findDifferences([others[0]]), {odd: [], splits: []});
});

test('numbers that differ by nature, and what is not known, make no node odd', t => {
	const unread = reportOf('c', {more: {kernel: {unknown: 'x'}, conntrack: read({count: 8000, max: 8192})}});
	const idle = reportOf('d', {more: {bridges: read([])}});
	t.deepEqual(findDifferences([reportOf('a'), reportOf('b'), unread, idle]), {odd: [], splits: []});
});
