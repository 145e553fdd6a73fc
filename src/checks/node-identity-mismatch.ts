import type {Check, Verdict} from '../check.ts';
import type {Evidence, Known, NodeEvidence} from '../evidence/evidence.ts';
import {flagOfArgv, isProgram, readConfig} from '../evidence/config-readings.ts';
import {mapKnown, unknown, valueOf} from '../evidence/known.ts';
import {kernelProxyMode} from '../evidence/readings.ts';
import {type Cell, isFailing} from '../probes/matrix.ts';
import {judgeCondition} from './shared/judge-condition.ts';
import {nameNodes, readNodes} from './shared/nodes.ts';
import {onNodes} from './shared/repairs.ts';
import {ok, refsTo, unknown as notKnown} from './shared/verdicts.ts';
import {joinWords} from './shared/words.ts';

/** The name by which kube-proxy looks for its own node: the flag before the file, else the host's name in lower case (cmd/kube-proxy, nodeutil.GetHostname). */
const readIdentity = (node: NodeEvidence): Known<string> => {
	if ('unknown' in node.kubeProxy) {
		return node.kubeProxy;
	}

	const {argv} = node.kubeProxy.value;
	if (!isProgram(argv, 'kube-proxy')) {
		return unknown(`kube-proxy on ${node.node} is part of another program, which tells it the node's name`);
	}

	const flag = flagOfArgv(argv, 'hostname-override');
	const inFile = valueOf(readConfig(node.kubeProxyConfig, document => (typeof document.hostnameOverride === 'string' ? document.hostnameOverride : '')));
	const host = node.sysctls['kernel/hostname'] ?? unknown(`the host's name of ${node.node} was not read`);
	return flag === undefined && (inFile ?? '') === '' ? mapKnown(host, name => name.trim().toLowerCase()) : mapKnown(node.kubeProxy, () => flag ?? inFile ?? '');
};

const isMistaken = (node: NodeEvidence): boolean => {
	const identity = valueOf(readIdentity(node));
	return identity !== undefined && identity !== node.node;
};

/** Who is local decides self-masquerade in ipvs mode, and which endpoints a policy of Local uses. */
const isExplained = (cell: Cell, evidence: Evidence): boolean => {
	const node = evidence.nodes.get(cell.fromNode);
	const isHit = evidence.target.isFromRules !== true && node !== undefined && isMistaken(node) && isFailing(cell);
	const isLocalPolicy = evidence.target.service.internalTrafficPolicy === 'Local' && cell.path !== 'endpoint';
	return isHit && (isLocalPolicy || (cell.path === 'self' && valueOf(kernelProxyMode(node)) === 'ipvs'));
};

const judge = (evidence: Evidence): Verdict => {
	if (evidence.target.isFromRules === true) {
		return notKnown('the node\'s name in the API is not known without an API server');
	}

	const {readings, gaps} = readNodes(evidence, readIdentity);
	const wrong = readings.filter(({node, value}) => value !== node.node);
	if (wrong.length > 0) {
		return judgeCondition(evidence, {
			what: joinWords(wrong.map(({node, value}) => `kube-proxy on ${node.node} takes itself for "${value}", which is not the node's name in the API`)),
			refs: refsTo(...wrong.map(({node}) => node.kubeProxy)),
			explains: isExplained,
			isCertain: true,
			harmless: 'no probe failed from it, but it knows none of its own node\'s endpoints as local',
		});
	}

	return gaps.length > 0 ? notKnown(gaps.join('; ')) : ok(`kube-proxy on ${nameNodes(readings)} knows its node by its name`);
};

export const nodeIdentityMismatch: Check = {
	id: 'node-identity-mismatch',
	place: 330,
	title: 'kube-proxy knows its own node',
	explain: 'kube-proxy finds the endpoints of its own node by the node\'s name. With a --hostname-override, or a host name, that is not the name in the API it takes none for local: in ipvs mode a pod cannot reach itself, and traffic policies of Local find no endpoint.',
	judge,
	explains: isExplained,
	repair: evidence => [
		onNodes(evidence.nodes.values().filter(node => isMistaken(node)).map(({node}) => node).toArray()),
		'kubectl get nodes -o name   # the name that --hostname-override (or hostnameOverride in kube-proxy\'s file) must have; or take the flag out where the host has that name',
		'systemctl edit --full kube-proxy && systemctl restart kube-proxy',
		'# where kube-proxy is a DaemonSet instead: --hostname-override=$(NODE_NAME), with NODE_NAME from spec.nodeName',
	],
};
