import {joinWords} from '../checks/shared/words.ts';
import {type ServiceRule, formatDestination} from '../datapath/service-rule.ts';
import type {Vip} from '../options.ts';
import {UserFacingError} from '../user-facing-error.ts';
import {type NodeRules, findRule} from './node-rules.ts';
import type {UnreadNode} from './read-node-rules.ts';

/** `10.98.171.178:8080`, and with `/udp` where it is that. */
export const formatVip = (vip: Vip): string => `${formatDestination(vip)}${vip.protocol === 'UDP' ? '/udp' : ''}`;

/** What the rules of each node do with the virtual address. */
export type FoundService = {
	readonly rules: ReadonlyArray<{readonly node: string; readonly rule: ServiceRule}>;
	/** Nodes whose rules were read and do not know it. */
	readonly without: readonly string[];
};

/** `k8s1 (ipvs with 3 Services, kube-proxy runs)`. */
const describeNode = ({node, tables, proxies, unread}: NodeRules): string => {
	const used = tables.filter(({count}) => count > 0).map(({mode, count}) => `${mode} with ${count} ${count === 1 ? 'rule' : 'rules'} of Services`);
	const facts = [used.length === 0 ? 'no rules of Services' : joinWords(used), ...unread, proxies.length === 0 ? 'no kube-proxy runs' : `${joinWords(proxies)} runs`];
	return `${node} (${facts.join(', ')})`;
};

const describeUnread = (unread: readonly UnreadNode[]): string => (unread.length === 0 ? '' : `; ${joinWords(unread.map(({node}) => node))} could not be looked at`);

const explainOtherPort = (vip: Vip, nodes: readonly NodeRules[]): UserFacingError | undefined => {
	const known = nodes.flatMap(({tables}) => tables.flatMap(({services}) => services)).filter(({ip}) => ip === vip.ip);
	const ports = [...new Set(known.map(({port, protocol}) => `${port}/${protocol}`))].toSorted((a, b) => a.localeCompare(b, 'en', {numeric: true}));
	const first = known.at(0);
	return first && new UserFacingError(
		`the rules of ${joinWords(nodes.map(({node}) => node))} know ${vip.ip} with ${joinWords(ports)}, but not with ${vip.port}/${vip.protocol}`,
		`name a port of the Service: --vip ${formatDestination(first)}${first.protocol === 'UDP' ? '/udp' : ''}`,
	);
};

const explainAbsence = (vip: Vip, nodes: readonly NodeRules[], unread: readonly UnreadNode[]): UserFacingError => {
	const idle = nodes.filter(({proxies}) => proxies.length === 0).map(({node}) => node);
	const look = idle.length === 0
		? 'is it the ClusterIP of a Service, and are you on the nodes of that cluster? Where it is new, kube-proxy may not have heard of it: journalctl -u kube-proxy, or its pod\'s log'
		: `is it the ClusterIP of a Service? On ${joinWords(idle)} nothing keeps rules up to date: systemctl status kube-proxy (Cilium and others translate without such rules, which is not read here)`;
	return new UserFacingError(`no rule of ${formatVip(vip)} on ${joinWords(nodes.map(node => describeNode(node)))}${describeUnread(unread)}`, look);
};

/** The rules of each node for the virtual address. Throws where no node has any. */
export const findService = (vip: Vip, nodes: readonly NodeRules[], unread: readonly UnreadNode[]): FoundService => {
	const found = nodes.map(node => ({node: node.node, rule: findRule(node, vip)}));
	const rules = found.flatMap(({node, rule}) => (rule ? [{node, rule}] : []));
	if (rules.length === 0) {
		throw explainOtherPort(vip, nodes) ?? explainAbsence(vip, nodes, unread);
	}

	return {rules, without: found.filter(({rule}) => rule === undefined).map(({node}) => node)};
};
