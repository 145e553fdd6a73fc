import type {Check, Verdict} from '../check.ts';
import type {Node} from '../cluster/cluster.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {type Cell, isFailing} from '../probes/matrix.ts';
import {judgeCondition} from './shared/judge-condition.ts';
import {onNodes} from './shared/repairs.ts';
import {endpointsFrom} from './shared/routes.ts';
import {ok, unknown} from './shared/verdicts.ts';
import {joinWords, podLabel} from './shared/words.ts';

const silentNodes = ({target}: Evidence): readonly Node[] => target.nodes.values().filter(({isReady}) => !isReady).toArray();

/** Whether there are endpoints, and all that a client could be sent to are on nodes that are not Ready. */
const isEmptied = ({target}: Evidence): boolean => target.endpoints.length > 0 && target.isMeant !== true
	&& target.endpoints.every(({isReady, node}) => !isReady && node !== undefined && target.nodes.get(node)?.isReady === false);

const isExplained = (cell: Cell, evidence: Evidence): boolean => cell.path !== 'endpoint'
	&& isEmptied(evidence)
	&& endpointsFrom(evidence, cell.fromNode).length === 0
	&& (isFailing(cell) ? cell.attempts.every(({outcome}) => outcome !== 'open') : true);

const describeNode = (name: string, {target, nodes}: Evidence): string => {
	const kubelet = nodes.get(name)?.kubelet;
	const pods = target.backends.filter(({node}) => node === name).map(pod => podLabel(pod));
	return `${name} is NotReady${kubelet !== undefined && 'unknown' in kubelet ? ` (${kubelet.unknown})` : ''}${pods.length === 0 ? '' : `, so that ${joinWords(pods)} ${pods.length === 1 ? 'is' : 'are'} taken out of every Service, whether ${pods.length === 1 ? 'it answers' : 'they answer'} or not`}`;
};

const judge = (evidence: Evidence): Verdict => {
	if (evidence.target.isFromRules === true) {
		return unknown('whether nodes are Ready is not known without an API server');
	}

	const silent = silentNodes(evidence);
	return silent.length === 0
		? ok(`${joinWords(evidence.target.nodes.keys().toArray())} ${evidence.target.nodes.size === 1 ? 'is' : 'are'} Ready`)
		: judgeCondition(evidence, {
			what: joinWords(silent.map(({name}) => describeNode(name, evidence))),
			refs: silent.map(({name}) => ({kind: 'object', object: `node ${name}`, says: 'NotReady'})),
			explains: isExplained,
			isCertain: true,
			harmless: 'no probe failed from it',
		});
};

export const nodeNotReady: Check = {
	id: 'node-not-ready',
	place: 505,
	title: 'Nodes are Ready',
	explain: 'A node whose kubelet stops reporting is called NotReady after less than a minute, and all of its pods with it: their addresses are taken out of every Service, although the containers may run and answer as before. Then a Service refuses everybody, and its pods look healthy on the node.',
	judge,
	explains: isExplained,
	bringsAbout: (other, evidence) => other === 'no-ready-endpoints' && isEmptied(evidence),
	repair(evidence) {
		const names = silentNodes(evidence).map(({name}) => name);
		return [
			...names.map(name => `kubectl describe node ${name}   # its conditions, and since when`),
			onNodes(names),
			'systemctl status kubelet; journalctl -u kubelet -n 50 --no-pager   # does it run, and can it reach the API server?',
			'systemctl restart kubelet   # the containers go on meanwhile',
		];
	},
};
