import test from 'ava';
import {checks} from '../../src/catalogue/index.ts';
import {dnsNotService} from '../../src/checks/dns-not-service.ts';
import {diagnose} from '../../src/diagnosis.ts';
import type {Evidence, Resolver} from '../../src/evidence/evidence.ts';
import {planLookups} from '../../src/evidence/plan-lookups.ts';
import {type Lookup, lookUp} from '../../src/probes/lookup.ts';
import {
	buildEvidence,
	mars1,
	mars2,
	read,
	type Situation,
	vip,
} from '../helpers/evidence-builder.ts';

const cluster: Resolver = {servers: ['10.96.0.10', '10.96.0.11'], clusterDomain: 'cluster.local'};

const asked = (more: Partial<Lookup> = {}): Lookup => ({
	from: 'default/mars1',
	fromNode: 'k8s1',
	server: '10.96.0.10',
	name: 'nginx.default.svc.cluster.local',
	type: 'A',
	outcome: 'answered',
	code: 'NOERROR',
	addresses: [vip],
	command: 'dig',
	printed: 'lookup',
	...more,
});

const silent = (more: Partial<Lookup> = {}): Lookup => asked({
	outcome: 'unanswered', code: undefined, addresses: [], ...more,
});

const situation = (lookups: readonly Lookup[], more: Situation = {}, resolver: Resolver = cluster): Evidence => {
	const evidence = buildEvidence({node: {bridgeNetfilter: 1}, ...more});
	return {...evidence, lookups, pods: new Map(evidence.pods.entries().map(([label, pod]) => [label, {...pod, resolver: read(resolver)}]))};
};

const because = (...lookups: readonly Lookup[]): string => dnsNotService.judge(situation(lookups)).because;

test('a name that is not resolved is the cause where the address is reached', t => {
	const {conclusion, cause, sentence} = diagnose(checks, situation([silent()]));
	t.is(conclusion, 'fault');
	t.is(cause?.check.id, 'dns-not-service');
	t.like(cause?.verdict, {confidence: 'certain'});
	t.true(sentence.startsWith(`default/mars1 reaches default/nginx (${vip}:8080). its name nginx.default.svc.cluster.local is not resolved in default/mars1: 10.96.0.10 does not answer; by its address it is reached.`), sentence);
});

test('each way to fail is told in its own words', t => {
	t.regex(because(silent({outcome: 'refused'}), silent({server: '10.96.0.11'})), /: 10\.96\.0\.10 refuses, since nobody listens there and 10\.96\.0\.11 does not answer;/v);
	t.regex(because(asked({code: 'NXDOMAIN', addresses: []})), /is not resolved in default\/mars1: 10\.96\.0\.10 says that there is no such name;/v);
	t.regex(because(asked({code: 'SERVFAIL', addresses: []})), /10\.96\.0\.10 answers SERVFAIL;/v);
	t.regex(because(asked({addresses: []})), /10\.96\.0\.10 has no address of it;/v);
	t.regex(because(asked({addresses: ['10.96.0.1']})), /leads elsewhere in default\/mars1: 10\.96\.0\.10 says 10\.96\.0\.1, and not 10\.98\.171\.178;/v);
	t.like(dnsNotService.judge(situation([asked({addresses: ['10.96.0.1']})])), {status: 'broken', confidence: 'likely'}, 'somebody may have wanted that');
});

test('the next server is asked after one that does not answer, and not after one that knows no such name', t => {
	const second = asked({server: '10.96.0.11'});
	t.like(dnsNotService.judge(situation([silent(), second])), {status: 'latent', because: 'default/mars1 resolves nginx.default.svc.cluster.local only after a time-out of its resolver: 10.96.0.10 does not answer, and 10.96.0.11 is asked next'});
	t.is(dnsNotService.judge(situation([asked({code: 'NXDOMAIN', addresses: []}), second])).status, 'broken');
	t.is(dnsNotService.judge(situation([asked(), silent({server: '10.96.0.11'})])).status, 'ok');
});

test('what was not asked accuses nobody, and says why', t => {
	t.like(dnsNotService.judge(situation([silent({outcome: 'unknown', because: 'cat is missing'})])), {status: 'unknown', because: 'whether the Service\'s name is resolved could not be told: cat is missing'});
	t.like(dnsNotService.judge(situation([], {outcomes: {'mars1 vip': 'timeout'}})), {status: 'unknown', because: 'the client does not reach the Service by its address, so that its name was not asked for'});
	t.like(dnsNotService.judge(situation([], {}, {servers: [], clusterDomain: 'cluster.local'})), {status: 'unknown', because: 'default/mars1 has no name server that could be asked'});
	t.like(dnsNotService.judge(situation([], {service: {namespace: '', name: '10.98.171.178'}})), {status: 'unknown', because: 'without an API server the Service\'s name is not known'});
	t.like(dnsNotService.judge(situation([], {}, {servers: ['192.0.2.53'], clusterDomain: undefined})), {status: 'ok', because: 'default/mars1 does not ask the cluster for names (dnsPolicy)'});
});

test('it is no cause of a connection that does not open', t => {
	t.is(diagnose(checks, situation([silent()], {node: {bridgeNetfilter: 'absent'}, outcomes: {'mars1 vip': 'timeout'}})).cause?.check.id, 'br-netfilter-not-loaded');
});

const plan = (more: Situation = {}, resolver: Resolver = cluster) => {
	const {target, matrix, pods} = situation([], more, resolver);
	return planLookups(target, matrix, pods).map(({server, name, type}) => `${server} ${name} ${type}`);
};

test('the client\'s own servers are asked for the Service of its cluster, where its address is reached', t => {
	t.deepEqual(plan(), ['10.96.0.10 nginx.default.svc.cluster.local A', '10.96.0.11 nginx.default.svc.cluster.local A']);
	t.deepEqual(plan({service: {clusterIp: 'fd00:10:96::b2'}}), ['10.96.0.10 nginx.default.svc.cluster.local AAAA', '10.96.0.11 nginx.default.svc.cluster.local AAAA']);
	t.deepEqual(plan({outcomes: {'mars1 vip': 'timeout'}}), []);
	t.deepEqual(plan({}, {servers: ['192.0.2.53'], clusterDomain: undefined}), []);
	t.deepEqual(plan({}, {servers: ['10.96.0.10'], clusterDomain: String.raw`cluster.local$(reboot)\1`}), [], 'what came from a pod may be anything');
	t.deepEqual(plan({client: mars2, service: {namespace: '', name: 'nginx'}}), [], 'without a namespace nobody knows its name');
});

test('what the script prints is read, and why it could not be asked is kept', async t => {
	const evidence = situation([]);
	const [one] = planLookups(evidence.target, evidence.matrix, evidence.pods);
	const hear = async (stdout: string, stderr = ''): Promise<Lookup> => lookUp({
		run: async () => ({
			ok: true, stdout, stderr, exitCode: 0, command: '',
		}),
	} as never, one, AbortSignal.timeout(60_000));
	t.like(await hear(`lookup answered 0\naddress ${vip}\n`), {
		outcome: 'answered', code: 'NOERROR', addresses: [vip], command: `nsenter --net=NETNS-OF-${mars1.name} dig +time=2 @10.96.0.10 nginx.default.svc.cluster.local A   (on k8s1)`,
	});
	t.like(await hear('lookup answered 0\naddress fd00:0:0:0:0:0:0:b2\n'), {addresses: ['fd00::b2']});
	t.like(await hear('lookup answered 3\n'), {outcome: 'answered', code: 'NXDOMAIN', addresses: []});
	t.like(await hear('lookup unanswered\n'), {outcome: 'unanswered', addresses: []});
	t.like(await hear('', 'cat is missing\n'), {outcome: 'unknown', because: 'cat is missing'});
});
