import {readFileSync} from 'node:fs';
import test from 'ava';
import {type Walk, walk} from '../../src/datapath/walk.ts';
import type {Route} from '../../src/datapath/route.ts';
import {type NodeView, type VirtualServerView, formatAddress} from '../../src/datapath/world.ts';
import {readRuleset} from '../helpers/read-ruleset.ts';
import {type WorldSettings, buildAttempt, buildWorld} from '../helpers/world-builder.ts';

const text = readFileSync(new URL('../fixtures/rules/proxier.txt', import.meta.url), 'utf8');
const rulesets = [readRuleset(text)];

const describe = ({backend, seenSource, outcome}: Walk): string => {
	const end = outcome.does === 'lost' ? `lost, ${outcome.answer}: ${outcome.because}` : (outcome.does === 'unknown' ? `unknown: ${outcome.because}` : 'delivered');
	return `${backend ? formatAddress(backend) : 'nobody'}${seenSource ? ` sees ${seenSource.ip}` : ''}: ${end}`;
};

const flow = test.macro({
	exec(t, from: string, to: readonly [ip: string, port: number], expected: readonly string[], settings: Partial<WorldSettings> = {}) {
		const world = buildWorld({rulesets, ...settings});
		t.deepEqual(walk(buildAttempt(from, to, world), world).map(one => describe(one)), [...expected]);
	},
	title: (given = '') => `a walk: ${given}`,
});

// As the flows of Kubernetes' pkg/proxy/iptables/proxier_test.go.
const [pod, self, outsider] = ['10.180.0.2', '10.180.0.1', '203.0.113.7'];
test('pod to cluster IP', flow, pod, ['172.30.0.41', 80], ['10.180.0.1:80 sees 10.180.0.2: delivered']);
test('pod to cluster IP with two endpoints, one of them on the other node', flow, pod, ['172.30.0.42', 80], ['10.180.0.1:80 sees 10.180.0.2: delivered', '10.180.1.3:80 sees 10.180.0.2: delivered']);
test('hairpin to cluster IP is masqueraded', flow, self, ['172.30.0.41', 80], ['10.180.0.1:80 sees 10.180.0.254: delivered']);
test('hairpin to cluster IP with two endpoints is masqueraded only where it comes back', flow, self, ['172.30.0.42', 80], ['10.180.0.1:80 sees 10.180.0.254: delivered', '10.180.1.3:80 sees 10.180.0.1: delivered']);
test('node to cluster IP is masqueraded', flow, 'node1', ['172.30.0.42', 80], ['10.180.0.1:80 sees 10.180.0.254: delivered', '10.180.1.3:80 sees 192.168.0.2: delivered']);
test('external to cluster IP is masqueraded', flow, outsider, ['172.30.0.41', 80], ['10.180.0.1:80 sees 10.180.0.254: delivered']);
test('pod to cluster IP with no endpoints is rejected', flow, pod, ['172.30.0.44', 80], ['nobody: lost, refused: rejected']);
test('node to cluster IP with no endpoints is rejected', flow, 'node1', ['172.30.0.44', 80], ['nobody: lost, refused: rejected']);
test('pod to an address that is nobody\'s Service', flow, pod, ['172.30.0.99', 80], ['nobody: lost, timeout: nothing has translated 172.30.0.99:80, which is nobody\'s address']);
test('external to NodePort is masqueraded', flow, outsider, ['192.168.0.2', 3001], ['10.180.0.1:80 sees 10.180.0.254: delivered', '10.180.1.3:80 sees 192.168.0.2: delivered']);
test('pod to NodePort is masqueraded', flow, pod, ['192.168.0.2', 3001], ['10.180.0.1:80 sees 10.180.0.254: delivered', '10.180.1.3:80 sees 192.168.0.2: delivered']);
test('external to NodePort with externalTrafficPolicy Local keeps its source', flow, outsider, ['192.168.0.2', 3005], ['10.180.0.1:80 sees 203.0.113.7: delivered']);
test('node to NodePort with externalTrafficPolicy Local is masqueraded', flow, 'node1', ['192.168.0.2', 3005], ['10.180.0.1:80 sees 10.180.0.254: delivered']);
test('pod to NodePort with externalTrafficPolicy Local takes the short way', flow, pod, ['192.168.0.2', 3005], ['10.180.0.1:80 sees 10.180.0.2: delivered']);
test('external to NodePort with externalTrafficPolicy Local and no local endpoint is dropped', flow, outsider, ['192.168.0.2', 3103], ['nobody: lost, timeout: dropped without a word']);
test('pod to cluster IP with a backend on a node\'s own network', flow, pod, ['172.30.0.46', 443], ['192.168.0.3:6443 sees 10.180.0.2: delivered']);
test('that backend\'s node to the same cluster IP', flow, 'node2', ['172.30.0.46', 443], ['192.168.0.3:6443 sees 192.168.0.3: delivered']);
test('pod to pod of the same bridge', flow, pod, ['10.180.0.1', 80], ['10.180.0.1:80 sees 10.180.0.2: delivered']);
test('pod to pod of another node', flow, pod, ['10.180.1.3', 80], ['10.180.1.3:80 sees 10.180.0.2: delivered']);

// What was measured (faults.md 2): with br_netfilter off the answer of a neighbour is switched past NAT.
const off = {isBridgeFiltered: false};
const impossible = '10.180.0.1:80 sees 10.180.0.2: lost, timeout: the answer is from 10.180.0.1:80, not 172.30.0.41:80';
test('br_netfilter off: pod to cluster IP of a neighbour', flow, pod, ['172.30.0.41', 80], [impossible], off);
test('br_netfilter off: pod to pod of the same bridge', flow, pod, ['10.180.0.1', 80], ['10.180.0.1:80 sees 10.180.0.2: delivered'], off);
test('br_netfilter off: node to cluster IP', flow, 'node1', ['172.30.0.41', 80], ['10.180.0.1:80 sees 10.180.0.254: delivered'], off);
test('br_netfilter off: hairpin needs no hairpin_mode', flow, self, ['172.30.0.41', 80], ['10.180.0.1:80 sees 10.180.0.254: delivered'], {...off, isHairpin: false});
test('br_netfilter on: hairpin needs hairpin_mode', flow, self, ['172.30.0.41', 80], ['10.180.0.1:80: lost, timeout: not sent back by its own port'], {isHairpin: false});
const withoutSelf = {rulesets: [readRuleset(text.split('\n').filter(line => !line.includes('-s 10.180.0.1/32')).join('\n'))]};
test('hairpin that is not masqueraded gets its own address', flow, self, ['172.30.0.41', 80], ['10.180.0.1:80: lost, timeout: gets a packet from its own address, and drops it as a martian'], withoutSelf);
const all = {rulesets: [readRuleset(text.replaceAll('! -s 10.180.0.0/16 ', ''))]};
test('masqueradeAll and br_netfilter off: the answer goes to the node', flow, pod, ['172.30.0.41', 80], ['10.180.0.1:80 sees 10.180.0.254: delivered'], {...off, ...all});
test('a gateway that is nobody\'s address: who takes the frame is not known', flow, pod, ['172.30.0.41', 80], ['nobody: unknown: the gateway 10.180.0.1 is no address of node1: who takes the frame is not known'], {gateway: '10.180.0.1'});
test('a frame of the bridge needs no gateway', flow, pod, ['10.180.0.1', 80], ['10.180.0.1:80 sees 10.180.0.2: delivered'], {gateway: '10.180.0.1'});
test('without ip_forward a translated packet is not routed', flow, pod, ['172.30.0.41', 80], ['10.180.0.1:80: lost, timeout: the node routes nothing for others'], {node: {isForwarding: {value: false}}});
test('without ip_forward a frame of the bridge passes', flow, pod, ['10.180.0.1', 80], ['10.180.0.1:80 sees 10.180.0.2: delivered'], {node: {isForwarding: {value: false}}});
const dropping = {rulesets: [readRuleset(text.replace(':FORWARD ACCEPT', ':FORWARD DROP'))]};
test('FORWARD DROP', flow, pod, ['172.30.0.41', 80], ['10.180.0.1:80: lost, timeout: dropped without a word'], dropping);

const byRoute = (network: string, device: string, gateway: string | undefined): Route => ({
	device, network, prefix: 24, gateway, metric: 0, isRefusing: false,
});

// The two nodes are on the network of eth0, and each reaches the other one's pods by a route of its own.
type Ways = {readonly request: Route; readonly reply: Route; readonly reversePathFilter: number};
const strangely = ({request, reply, reversePathFilter}: Ways): readonly string[] => {
	const world = buildWorld({rulesets});
	const interfaces = ['eth0', 'eth1', 'tun0'].map(name => ({name, reversePathFilter: name === 'tun0' ? 0 : reversePathFilter}));
	const nodes = world.nodes.entries().map(([name, node], index): [string, NodeView] => {
		const own = name === 'node1' ? request : reply;
		return [name, {
			...node,
			routes: {value: [own, byRoute(`10.180.${index}.0`, 'cni0', undefined), byRoute('192.168.0.0', 'eth0', undefined)]},
			links: {interfaces, addresses: [{device: 'eth0', address: `192.168.0.${index + 2}/24`}, {device: 'eth1', address: `172.16.0.${index + 2}/24`}, {device: 'tun0', address: `10.180.${index}.0/32`}]},
			tunnels: [{device: 'tun0', port: 0}],
			addresses: [...node.addresses, {device: 'eth1', ip: `172.16.0.${index + 2}`}],
		}];
	});
	const strange = {...world, nodes: new Map(nodes)};
	return walk(buildAttempt(pod, ['10.180.1.3', 80], strange), strange).map(one => describe(one));
};

const direct = {request: byRoute('10.180.1.0', 'eth0', '192.168.0.3'), reply: byRoute('10.180.0.0', 'eth0', '192.168.0.2')};
const tunnelled = {request: byRoute('10.180.1.0', 'tun0', '192.168.0.3'), reply: byRoute('10.180.0.0', 'tun0', '192.168.0.2')};
const byOtherCard = {request: byRoute('10.180.1.0', 'eth1', '172.16.0.3'), reply: byRoute('10.180.0.0', 'eth1', '172.16.0.2')};
const delivered = ['10.180.1.3:80 sees 10.180.0.2: delivered'];

test('rp_filter 1 drops what would be answered by another device, 2 does not', t => {
	t.deepEqual(strangely({...direct, reply: tunnelled.reply, reversePathFilter: 1}), ['10.180.1.3:80: lost, timeout: dropped: 10.180.0.2 would be answered by tun0']);
	t.deepEqual(strangely({...direct, reply: tunnelled.reply, reversePathFilter: 2}), delivered);
});

test('rp_filter 1 lets in what is answered as it comes: by a tunnel with gateways beyond it, by a second card', t => {
	for (const ways of [direct, tunnelled, byOtherCard]) {
		t.deepEqual(strangely({...ways, reversePathFilter: 1}), delivered);
	}
});

test('rp_filter, also 2, drops what no route leads back to', t => {
	const elsewhere = {...direct, reply: byRoute('10.99.0.0', 'eth0', '192.168.0.2'), reversePathFilter: 2};
	t.deepEqual(strangely({...elsewhere, reversePathFilter: 0}), ['10.180.1.3:80 sees 10.180.0.2: lost, timeout: no route leads to 10.180.0.2'], 'who is told is the backend');
	t.deepEqual(strangely(elsewhere), ['10.180.1.3:80: lost, timeout: dropped: no route leads back to 10.180.0.2']);
});

test('a blackhole says nothing, another route that refuses does', t => {
	const refusing: Route = {
		...direct.request, device: '*', gateway: undefined, isRefusing: true,
	};
	t.deepEqual(strangely({...direct, request: refusing, reversePathFilter: 0}), ['10.180.1.3:80: lost, unreachable: the route refuses it']);
	t.deepEqual(strangely({...direct, request: {...refusing, isSilent: true}, reversePathFilter: 0}), ['10.180.1.3:80: lost, timeout: the route refuses it']);
});

/** Rules of filter ahead of kube-proxy's. */
const withRules = (...rules: readonly string[]) => ({rulesets: [readRuleset(text.replace('-A FORWARD -m comment --comment "kubernetes forwarding rules"', () => `${rules.join('\n')}\n-A FORWARD -m comment --comment "kubernetes forwarding rules"`))]});
test('who rejects an answer tells the backend: the client hears nothing', flow, pod, ['172.30.0.41', 80], ['10.180.0.1:80 sees 10.180.0.2: lost, timeout: rejected'], withRules('-A FORWARD -s 10.180.0.1/32 -j REJECT --reject-with icmp-port-unreachable'));
test('the mark of a connection is not that of its packets', flow, pod, ['10.180.0.1', 80], ['10.180.0.1:80: unknown: a rule of FORWARD asks for something that cannot be told beforehand'], withRules('-A FORWARD -m connmark --mark 0x80/0x80 -j DROP'));
test('what a node sends to itself passes OUTPUT', flow, 'node2', ['172.30.0.46', 443], ['192.168.0.3:6443: lost, timeout: dropped without a word'], withRules('-A OUTPUT -d 192.168.0.3/32 -p tcp -m conntrack --ctstate NEW -m tcp --dport 6443 -j DROP'));

const flannel = {
	rulesets: [readRuleset(text.replace('-A KUBE-EXT-3', `-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.180.0.0/16 -d 10.180.0.0/16 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.180.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
-A FLANNEL-POSTRTG ! -s 10.180.0.0/16 -d 10.180.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
-A KUBE-EXT-3`))],
};
test('flannel leaves pods their source', flow, pod, ['10.180.1.3', 80], ['10.180.1.3:80 sees 10.180.0.2: delivered'], flannel);
test('flannel masquerades what leaves the pods\' network', flow, pod, ['172.30.0.46', 443], ['192.168.0.3:6443 sees 192.168.0.2: delivered'], flannel);

const guarded = {rulesets: [readRuleset(text.replace('-A FORWARD -m comment --comment "kubernetes forwarding rules"', '-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT\n-A FORWARD -m comment --comment "kubernetes forwarding rules"').replace(':FORWARD ACCEPT', ':FORWARD DROP'))]};
test('a rule for what was translated lets a Service through, and not a direct packet', flow, pod, ['172.30.0.41', 80], ['10.180.0.1:80 sees 10.180.0.2: delivered'], guarded);
test('a direct packet is not what was translated', flow, pod, ['10.180.0.1', 80], ['10.180.0.1:80: lost, timeout: dropped without a word'], guarded);

// In ipvs mode the request goes by INPUT and OUTPUT, and masquerading needs conntrack.
const ipvsText = `*nat
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m comment --comment "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose" -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-SERVICES ! -s 10.180.0.0/16 -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ
-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
COMMIT
`;
type Pinned = VirtualServerView['pinned'];
const ipvs = (isIpvsTracked = true, backends = [{ip: '10.180.0.1', port: 80}], pinned: Pinned = []): Partial<WorldSettings> => ({
	rulesets: [readRuleset(ipvsText)],
	node: {
		sets: {'KUBE-CLUSTER-IP': ['172.30.0.41,tcp:80'], 'KUBE-LOOP-BACK': ['10.180.0.1,tcp:80,10.180.0.1']},
		virtualServers: {
			value: [{
				ip: '172.30.0.41', port: 80, protocol: 'TCP', backends, pinned,
			}],
		},
		isIpvsTracked: {value: isIpvsTracked},
	},
});
test('ipvs: pod to cluster IP', flow, pod, ['172.30.0.41', 80], ['10.180.0.1:80 sees 10.180.0.2: delivered'], ipvs());
test('ipvs: pod of another node to cluster IP', flow, '10.180.1.3', ['172.30.0.41', 80], ['10.180.0.1:80 sees 10.180.1.3: delivered'], ipvs());
test('ipvs: a backend on the node itself gets it at once, from the pod', flow, '10.180.1.3', ['172.30.0.41', 80], ['192.168.0.3:6443 sees 10.180.1.3: delivered'], ipvs(true, [{ip: '192.168.0.3', port: 6443}]));
test('ipvs: hairpin is masqueraded', flow, self, ['172.30.0.41', 80], ['10.180.0.1:80 sees 10.180.0.254: delivered'], ipvs());
test('ipvs: hairpin without hairpin_mode loses the answer', flow, self, ['172.30.0.41', 80], ['10.180.0.1:80 sees 10.180.0.254: lost, timeout: not sent back by its own port'], {...ipvs(), isHairpin: false});
test('ipvs: hairpin is not masqueraded without vs.conntrack', flow, self, ['172.30.0.41', 80], ['10.180.0.1:80: lost, timeout: gets a packet from its own address, and drops it as a martian'], ipvs(false));
test('ipvs: no backend is refused', flow, pod, ['172.30.0.41', 80], ['nobody: lost, refused: no backend gets new connections: refused with ICMP port unreachable'], ipvs(true, []));
test('ipvs: what a node sends to a pod of its own without vs.conntrack is not followed', flow, 'node1', ['172.30.0.41', 80], ['10.180.0.1:80: unknown: what becomes of the node\'s own packet that conntrack does not track is not followed'], ipvs(false));
const twoBackends = [{ip: '10.180.0.1', port: 80}, {ip: '10.180.1.3', port: 80}];
const gone = {ip: '10.180.0.99', port: 80};
test('ipvs: session affinity sends a client to its backend alone', flow, pod, ['172.30.0.41', 80], ['10.180.1.3:80 sees 10.180.0.2: delivered'], ipvs(true, twoBackends, [{client: pod, backend: twoBackends[1]}, {client: self, backend: twoBackends[0]}]));
test('ipvs: whether session affinity holds a client to what gets no new ones is not known', flow, pod, ['172.30.0.41', 80], ['nobody: unknown: session affinity may hold 10.180.0.2 to 10.180.0.99:80, which gets no new clients'], ipvs(true, twoBackends, [{client: pod, backend: gone}]));
test('ipvs and br_netfilter off: pod to cluster IP of a neighbour', flow, pod, ['172.30.0.41', 80], [impossible], {...ipvs(), ...off});

test('a Service of very many backends is walked with some of them', t => {
	const backends = Array.from({length: 500}, (_, index) => ({ip: `10.180.9.${index % 250}`, port: 1000 + index}));
	const world = buildWorld({rulesets, ...ipvs(true, backends)});
	t.is(walk(buildAttempt(pod, ['172.30.0.41', 80], world), world).length, 12);
});

test('rules that send a packet to and fro end a walk', t => {
	const rulesFor = (own: string, other: string) => [readRuleset(`*nat
-A PREROUTING -d ${own}/32 -p tcp -m tcp --dport 3001 -j DNAT --to-destination ${other}:3001`)];
	const {nodes, hosts} = buildWorld({rulesets});
	const [one, two] = nodes.values().toArray();
	const world = {
		hosts: hosts.filter(({ip}) => ip !== two.ip),
		nodes: new Map([['node1', {...one, rulesets: {value: rulesFor('192.168.0.2', '192.168.0.3')}}], ['node2', {...two, rulesets: {value: rulesFor('192.168.0.3', '192.168.0.2')}}]]),
	};
	t.deepEqual(walk(buildAttempt(outsider, ['192.168.0.2', 3001], world), world).map(({outcome}) => 'because' in outcome && outcome.because), ['the rules send it round in circles']);
});

test('hostile rules never make a walk throw, nor last', t => {
	const spoil: ReadonlyArray<(text: string, index: number) => string> = [
		(line, index) => line.slice(0, index % line.length),
		line => line.replace(/-j \S+/v, '-j MARK --set-xmark x/y'),
		line => line.replace(/-j \S+/v, '-j DNAT --to-destination [::1:80'),
		line => line.replace(/-j \S+/v, '-j KUBE-SERVICES'),
		line => `${line} "`,
		line => line.split(' ').toReversed().join(' '),
		line => line.replaceAll(/\d+/gv, '99999999999'),
		line => line.replace(/-m tcp/v, '-m set --match-set'),
	];
	for (const change of spoil) {
		const hostile = [{...rulesets[0], rules: rulesets[0].rules.map((rule, index) => (index % 3 === 0 ? {...rule, text: change(rule.text, index)} : rule))}];
		const world = buildWorld({rulesets: hostile});
		for (const from of [pod, self, outsider, 'node1']) {
			const walks = walk(buildAttempt(from, ['172.30.0.42', 80], world), world);
			t.true(walks.length > 0 && walks.length < 200);
		}
	}
});

test('where no kube-proxy is hooked in, nobody knows what translates', t => {
	const world = buildWorld({rulesets: []});
	t.deepEqual(walk(buildAttempt(pod, ['172.30.0.41', 80], world), world).map(one => describe(one)), ['nobody: unknown: no rule translates 172.30.0.41:80; without kube-proxy something else may, such as eBPF']);
});

test('what cannot be known ends a walk as unknown, never as "no rule"', t => {
	const world = buildWorld({rulesets: [{...rulesets[0], isLeftOut: (table, chain) => table === 'nat' && chain === 'KUBE-POSTROUTING'}]});
	t.deepEqual(walk(buildAttempt(pod, ['172.30.0.41', 80], world), world).map(one => describe(one)), ['10.180.0.1:80: unknown: the rules of KUBE-POSTROUTING are not among those that were read']);
	const unread = buildWorld({rulesets: []});
	const hidden = {...unread, nodes: new Map([...unread.nodes].map(([name, node]) => [name, {...node, rulesets: {unknown: 'iptables-save failed'}}]))};
	t.deepEqual(walk(buildAttempt(pod, ['172.30.0.41', 80], hidden), hidden).map(one => describe(one)), ['nobody: unknown: iptables-save failed']);
});

test('a walk tells each step: where, by which rule, and how the packet leaves it', t => {
	const world = buildWorld({rulesets, isBridgeFiltered: false});
	const [{steps, outcome}] = walk(buildAttempt(pod, ['172.30.0.41', 80], world), world);
	t.deepEqual(steps.map(({direction, node, stage, packet}) => `${direction} ${node} ${stage}: ${formatAddress(packet.source)} → ${formatAddress(packet.destination)}`), [
		'request node1 10.180.0.2: 10.180.0.2 → 172.30.0.41:80',
		'request node1 PREROUTING: 10.180.0.2 → 10.180.0.1:80',
		'request node1 FORWARD: 10.180.0.2 → 10.180.0.1:80',
		'request node1 POSTROUTING: 10.180.0.2 → 10.180.0.1:80',
		'request node1 pod 10.180.0.1: 10.180.0.2 → 10.180.0.1:80',
		'reply node1 bridge cni0: 10.180.0.1:80 → 10.180.0.2',
		'reply node1 10.180.0.2: 10.180.0.1:80 → 10.180.0.2',
	]);
	t.regex(steps[1].by ?? '', /^-A KUBE-SEP-AAAASVC1EP000000 .* --to-destination 10\.180\.0\.1:80$/v);
	t.is(steps[5].by, 'br_netfilter off');
	t.like(outcome, {does: 'lost', at: 6});
});
