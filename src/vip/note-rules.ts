import {joinWords} from '../checks/shared/words.ts';
import type {Pod} from '../cluster/cluster.ts';
import {formatDestination} from '../datapath/service-rule.ts';
import type {Vip} from '../options.ts';
import type {FoundBackends} from './find-backends.ts';
import {type FoundService, formatVip} from './find-service.ts';
import type {NodeRules} from './node-rules.ts';
import type {UnreadNode} from './read-node-rules.ts';

/** All that was found out from the nodes. */
export type Findings = {
	readonly vip: Vip;
	readonly nodes: readonly NodeRules[];
	readonly unread: readonly UnreadNode[];
	readonly service: FoundService;
	readonly backends: FoundBackends;
	readonly client: Pod;
	readonly otherClient: Pod | undefined;
};

const unknowable = 'read from the nodes\' own rules, without an API server: names of pods and of the Service, readiness, selector and the name of targetPort are not known; pods are called by their addresses, and backends are what the rules send to';

const noteName = ({service}: Findings): readonly string[] => {
	const names = [...new Set(service.rules.map(({rule}) => rule.name).filter(name => name !== undefined))];
	return names.length === 0 ? [] : [`kube-proxy's rules call the Service ${joinWords(names)}`];
};

const describeBackends = (backends: ReadonlyArray<{readonly ip: string; readonly port: number}>): string =>
	(backends.length === 0 ? 'to no backend' : `to ${joinWords(backends.map(backend => formatDestination(backend)).toSorted((a, b) => a.localeCompare(b)))}`);

/** Rules of all nodes are the same but where only local backends are used, or where kube-proxy does not keep up. */
const noteDifferences = ({service, vip, nodes}: Findings): readonly string[] => {
	const missing = service.without.map(node => {
		const proxies = nodes.find(candidate => candidate.node === node)?.proxies ?? [];
		return `${node} has no rule of ${formatVip(vip)}, other nodes have: ${proxies.length === 0 ? 'no kube-proxy runs there' : `does ${joinWords(proxies)} work there?`}`;
	});
	const groups = Map.groupBy(service.rules, ({rule}) => describeBackends(rule.backends));
	if (groups.size < 2 || service.rules.some(({rule}) => rule.isLocalOnly)) {
		return missing;
	}

	const words = groups.entries().map(([backends, same]) => `${joinWords(same.map(({node}) => node))} ${backends}`).toArray();
	return [...missing, `the nodes differ in where they send ${formatVip(vip)}: ${words.join(', ')}; kube-proxy on one of them does not keep up, unless internalTrafficPolicy is Local`];
};

const notePlaces = ({backends: {lost, doubled}, client}: Findings): readonly string[] => [
	...(lost.length === 0 ? [] : [`${joinWords(lost)} ${lost.length === 1 ? 'is' : 'are'} on no node that was reached: name its node with --ssh to look there as well`]),
	...doubled.map(({ip, nodes}) => `${ip} is the address of pods on ${joinWords(nodes)}: one address twice breaks connections to it; the one on ${nodes.includes(client.node) ? client.node : nodes[0]} was looked at`),
];

const noteNodes = ({unread, nodes}: Findings): readonly string[] => [
	...unread.map(({node, because}) => `${node} was not reached, so that what its rules say is not known: ${because}`),
	...nodes.flatMap(({node, unread: parts}) => parts.map(part => `not all rules of ${node} were read: ${part}`)),
];

const noteOther = ({otherClient}: Findings): readonly string[] => [
	otherClient
		? `${otherClient.ip} on ${otherClient.node} was picked to compare with`
		: 'no pod on another node that was reached can be a second client, so the path between nodes is not compared: name one more node with --ssh',
];

/** What is worth knowing of a target that was read from rules, what could not be known first of all. */
export const noteRules = (findings: Findings): readonly string[] => [
	unknowable,
	...noteName(findings),
	...noteDifferences(findings),
	...notePlaces(findings),
	...noteNodes(findings),
	...noteOther(findings),
];
