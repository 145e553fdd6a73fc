import test from 'ava';
import type {CaptureEvidence} from '../../src/capture/capture-evidence.ts';
import {checks} from '../../src/catalogue/index.ts';
import type {Pod} from '../../src/cluster/cluster.ts';
import {podLabel, serviceLabel} from '../../src/cluster/pod-label.ts';
import {type Diagnosis, diagnose} from '../../src/diagnosis.ts';
import type {Evidence} from '../../src/evidence/evidence.ts';
import {planClientProbe, planOtherProbes, pointOfPod} from '../../src/probes/plan.ts';
import {pointLabel} from '../../src/access/access.ts';
import {formatJson} from '../../src/report/json.ts';
import {formatProgress} from '../../src/report/progress.ts';
import {formatReport} from '../../src/report/text.ts';
import {type SessionState, initialState} from '../../src/session-state.ts';
import {unnamedPod} from '../../src/vip/find-backends.ts';
import {
	type Situation,
	buildEvidence,
	endpointOf,
	mars1,
	nginx,
} from '../helpers/evidence-builder.ts';
import {foundingCapture} from '../helpers/flow-builder.ts';
import {findMistakes} from '../helpers/report-schema.ts';

const unnamed = ({ip, node, isHostNetwork}: Pod): Pod => unnamedPod(ip, {node, isOwn: isHostNetwork});

const renameIn = (capture: CaptureEvidence, labels: ReadonlyMap<string, string>): CaptureEvidence => {
	let text = JSON.stringify(capture);
	for (const [from, to] of labels) {
		text = text.replaceAll(`"${from}"`, () => `"${to}"`);
	}

	return JSON.parse(text) as CaptureEvidence;
};

/** Evidence of named pods as it is where only rules and addresses were read: the same values under other labels. */
const withoutNames = (evidence: Evidence): Evidence => {
	const {target, pods, matrix, capture} = evidence;
	const known = [target.client, ...target.backends, ...(target.otherClient ? [target.otherClient] : [])];
	const labels = new Map(known.map(pod => [podLabel(pod), podLabel(unnamed(pod))]));
	const rename = (label: string): string => labels.get(label) ?? label;
	return {
		...evidence,
		target: {
			...target,
			isFromRules: true,
			service: {
				...target.service, namespace: '', name: '10.98.171.178:8080', selector: {},
			},
			endpoints: target.endpoints.map(endpoint => ({...endpoint, pod: undefined})),
			client: unnamed(target.client),
			otherClient: target.otherClient && unnamed(target.otherClient),
			backends: target.backends.map(pod => unnamed(pod)),
			nodes: new Map(target.nodes.entries().map(([name, node]) => [name, {
				...node, internalIp: '', podCidrs: [], kubeletVersion: '', runtime: '', isReady: false,
			}])),
			notes: ['names are not known'],
		},
		pods: new Map(pods.entries().map(([label, pod]) => [rename(label), {...pod, namespace: '', pod: rename(label).replace('pod/', '')}])),
		matrix: matrix.map(cell => ({...cell, from: rename(cell.from)})),
		capture: capture && renameIn(capture, labels),
	};
};

const judge = (situation: Situation): {readonly evidence: Evidence; readonly diagnosis: Diagnosis} => {
	const evidence = withoutNames(buildEvidence(situation));
	return {evidence, diagnosis: diagnose(checks, evidence)};
};

const findingOf = ({findings}: Diagnosis, id: string) => findings.find(({check}) => check.id === id);

const repairsOf = ({evidence, diagnosis}: ReturnType<typeof judge>): string => diagnosis.findings.flatMap(({check}) => check.repair(evidence)).join('\n');

test('the founding incident comes to the same cause as with names', t => {
	const situation: Situation = {outcomes: {'mars1 vip': 'timeout'}, capture: foundingCapture};
	const {diagnosis} = judge(situation);
	t.is(diagnosis.cause?.check.id, 'br-netfilter-not-loaded');
	t.like(diagnosis.cause?.verdict, {status: 'broken', confidence: 'certain'});
	t.regex(diagnosis.sentence, /^pod\/10\.244\.0\.18 cannot reach 10\.98\.171\.178:8080: the connection times out\. client frame 2: SYN-ACK from 10\.244\.0\.19:80, expected 10\.98\.171\.178:8080/v);
	// What hangs on the API's objects is not judged without them.
	const ofApi = new Set(diagnosis.findings.filter(({verdict}) => verdict.status === 'unknown' && verdict.because.includes('API')).map(({check}) => check.id));
	for (const id of ['traffic-policy-local-no-endpoint', 'node-identity-mismatch', 'kube-proxy-down-or-stale', 'cluster-cidr-wrong', 'duplicate-pod-cidr', 'node-not-ready']) {
		t.true(ofApi.has(id), `${id} is judged`);
	}

	const statuses = ({findings}: Diagnosis) => findings.filter(({check}) => !ofApi.has(check.id)).map(({check, verdict}) => [check.id, verdict.status]);
	t.deepEqual(statuses(diagnosis), statuses(diagnose(checks, buildEvidence(situation))));
});

test('no backend in the rules is a fault, without a word on selectors that nobody read', t => {
	const judged = judge({backends: [], endpoints: [], outcomes: {'mars1 vip': 'refused', 'mars2 vip': 'refused', 'k8s1 vip': 'refused'}});
	const verdict = findingOf(judged.diagnosis, 'no-ready-endpoints')?.verdict;
	t.like(verdict, {status: 'broken', confidence: 'certain'});
	t.is(verdict?.because, '10.98.171.178:8080 has no ready endpoint: the nodes\' rules send it to no backend; whether it has pods, and whether these are Ready, is not known without an API server');
	t.is(judged.diagnosis.cause?.check.id, 'no-ready-endpoints');
	t.regex(repairsOf(judged), /kubectl get services -A -o wide \| grep -F 10\.98\.171\.178/v);
});

test('a backend with weight 0 is told as that; one that is in use says nothing of readiness', t => {
	const idle = judge({endpoints: [{...endpointOf(nginx), isReady: false}], outcomes: {'mars1 vip': 'refused'}});
	t.regex(findingOf(idle.diagnosis, 'no-ready-endpoints')?.verdict.because ?? '', /no new connections to its 1 backend \(weight 0\)/v);
	const used = findingOf(judge({}).diagnosis, 'no-ready-endpoints')?.verdict;
	t.like(used, {status: 'ok'});
	t.regex(used?.because ?? '', /whether pods are Ready is not known/v);
});

test('a closed port is still a fault, and its repair names no pod and no Service that is not known', t => {
	const cells = ['mars1 vip', 'mars1 10.244.0.19', 'mars2 vip', 'mars2 10.244.0.19', 'nginx-app vip', 'k8s1 vip'];
	const judged = judge({listenPort: 8081, node: {bridgeNetfilter: 1}, outcomes: Object.fromEntries(cells.map(cell => [cell, 'refused' as const]))});
	t.is(judged.diagnosis.cause?.check.id, 'target-port-mismatch');
	const repair = repairsOf(judged);
	t.regex(repair, /kubectl -n NAMESPACE edit service NAME {3}# targetPort of port 8080: 8081/v);
	t.notRegex(repair, /-n (?: |$)|(?:logs|describe pod|service) (?:pod\/)?\d/mv);
});

test('FORWARD is opened for the networks that the nodes themselves tell, since the API told none', t => {
	const judged = judge({node: {bridgeNetfilter: 1, forwardPolicy: 'DROP'}, client: mars1, outcomes: {'mars1 10.244.0.19': 'timeout'}});
	t.regex(repairsOf(judged), /iptables -I FORWARD -s (?:10\.244|POD_CIDR)/v);
});

test('kubelet\'s hairpinMode is not cleared where neither its version nor a CNI configuration is known', t => {
	const {diagnosis} = judge({node: {more: {cniConfigs: {unknown: 'there are none'}}}});
	t.is(findingOf(diagnosis, 'kubelet-hairpin-mode')?.verdict.status, 'unknown');
});

test('a backend that was not found is on none of the nodes that were read: nothing is said of its bridge port', t => {
	const {evidence} = judge({backends: [], endpoints: [{...endpointOf(nginx), node: undefined, pod: undefined}]});
	const hairpin = findingOf(diagnose(checks, evidence), 'hairpin-port-off')?.verdict;
	t.deepEqual(hairpin, {status: 'unknown', because: 'the bridge port of 10.244.0.19 is not known: it is on no node that was reached'});
});

test('points, probes and captures carry one label for a pod without a name', t => {
	const {evidence: {target}} = judge({});
	t.is(serviceLabel(target.service), '10.98.171.178:8080');
	t.is(pointLabel(pointOfPod(target.client)), podLabel(target.client));
	t.deepEqual([planClientProbe(target), ...planOtherProbes(target)].map(({from}) => from).filter((from, index, all) => all.indexOf(from) === index), ['pod/10.244.0.18', 'pod/10.244.2.31', 'pod/10.244.0.19', 'k8s1']);
});

test('the reports say what is not known, name nothing twice and claim no readiness; the JSON fits its schema', t => {
	const {evidence, diagnosis} = judge({outcomes: {'mars1 vip': 'timeout'}, capture: foundingCapture});
	const {target, nodes, pods, matrix, capture} = evidence;
	const state: SessionState = {
		...initialState, target, nodes, pods, matrix, capture, diagnosis,
	};
	const text = formatReport(state, ({check}) => check.repair(evidence));
	t.true(text.startsWith('10.98.171.178:8080/TCP → 80   from pod/10.244.0.18 on k8s1\nnote: names are not known\n'), text);
	t.regex(text, /^client +pod\/10\.244\.0\.18 +10\.244\.0\.18 +k8s1 +Unknown /mv);
	t.regex(text, /^node +k8s1 +\? +- +\? +\? /mv);
	t.notRegex(text, /^(?:client|backend|other client|node) .*Ready/mv);
	const document = JSON.parse(formatJson(state, 1, () => [])) as {readonly target: Readonly<Record<string, unknown>>};
	t.deepEqual(findMistakes(document), []);
	t.like(document.target, {source: 'rules', service: {namespace: '', name: '10.98.171.178:8080'}, client: {namespace: '', pod: '10.244.0.18'}});
	t.regex(formatProgress({type: 'target-resolved', target, atMs: 0}) ?? '', /10\.98\.171\.178:8080 has 1 endpoint; client pod\/10\.244\.0\.18 on k8s1;/v);
});
