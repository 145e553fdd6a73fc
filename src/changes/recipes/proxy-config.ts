import type {NodeEvidence} from '../../evidence/evidence.ts';
import {valueOf} from '../../evidence/known.ts';
import {editYaml} from '../edit-document.ts';
import type {
	Edit,
	KeyPath,
	Kitchen,
	NodePlan,
	NotApplicable,
	Plan,
	Scalar,
} from '../change.ts';
import {emptyPlan, refuse} from './shared.ts';

type KeyValue = {readonly key: KeyPath; readonly value: Scalar};

export type ProxyRequest = {
	/** The keys of kube-proxy's configuration, which may depend on the node's mode. */
	readonly keysOf: (node: NodeEvidence) => readonly KeyValue[];
	/** What else is done on a node that gets a plan. */
	readonly besides?: (node: NodeEvidence) => Pick<NodePlan, 'leftoversOf'> & {readonly edits?: readonly Edit[]};
};

const describeUnread = (nodes: readonly NodeEvidence[]): NotApplicable | undefined => {
	const unread = nodes.find(({kubeProxyConfig, kubeProxy}) => 'unknown' in kubeProxyConfig || 'unknown' in kubeProxy);
	if (!unread) {
		return undefined;
	}

	const because = 'unknown' in unread.kubeProxy ? unread.kubeProxy.unknown : ('unknown' in unread.kubeProxyConfig ? unread.kubeProxyConfig.unknown : '');
	return refuse(`the configuration of kube-proxy on ${unread.node} is not known: ${because}`, 'is it started with flags alone? Then edit its unit by hand: systemctl edit kube-proxy');
};

const planUnits = (nodes: readonly NodeEvidence[], {keysOf, besides}: ProxyRequest): Plan | NotApplicable => describeUnread(nodes) ?? {
	...emptyPlan,
	nodes: nodes.map(node => {
		const path = valueOf(node.kubeProxyConfig)?.path ?? '';
		const {edits = [], ...rest} = besides?.(node) ?? {};
		return {
			node: node.node,
			edits: [...keysOf(node).map((entry): Edit => ({kind: 'yaml', path, ...entry})), ...edits],
			restarts: [{daemon: 'kube-proxy', pid: valueOf(node.kubeProxy)?.pid ?? 0}],
			...rest,
		};
	}),
};

/** JSON pointer (RFC 6901) of one key of a ConfigMap's data. */
const dataPointer = (key: string): string => `/data/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

const planDaemonSet = ({nodes, proxy}: Kitchen, {keysOf, besides}: ProxyRequest): Plan | NotApplicable => {
	if (proxy.kind !== 'daemon-set' || nodes.length === 0) {
		return emptyPlan;
	}

	let {text} = proxy;
	for (const {key, value} of keysOf(nodes[0])) {
		const edited = editYaml(text, key, value);
		if ('refused' in edited) {
			return refuse(`the ConfigMap ${proxy.namespace}/${proxy.configMap}, key ${proxy.key}: ${edited.refused}`, `edit it by hand: kubectl -n ${proxy.namespace} edit configmap ${proxy.configMap}`);
		}

		text = edited.text;
	}

	return {
		nodes: nodes.map(node => {
			const {edits = [], ...rest} = besides?.(node) ?? {};
			return {
				node: node.node, edits, restarts: [], ...rest,
			};
		}).filter(({edits, leftoversOf}) => edits.length > 0 || leftoversOf !== undefined),
		objects: [{
			resource: 'configmaps', namespace: proxy.namespace, name: proxy.configMap, pointer: dataPointer(proxy.key), before: proxy.text, after: text,
		}],
		rollouts: [{namespace: proxy.namespace, name: proxy.name}],
		notes: [`kube-proxy runs as DaemonSet ${proxy.namespace}/${proxy.name}, so this is for all of its nodes; a tool that owns the ConfigMap (kubeadm upgrade, kubespray, an add-on manager) may write it anew, so change it there, too`],
	};
};

/** Keys of kube-proxy's configuration, and kube-proxy started anew: file by file on nodes where it is a unit, once where it is a DaemonSet. */
export const planProxyConfig = (kitchen: Kitchen, request: ProxyRequest): Plan | NotApplicable => {
	switch (kitchen.proxy.kind) {
		case 'managed': {
			return refuse(`kube-proxy belongs to ${kitchen.proxy.by} here`, kitchen.proxy.tryThis);
		}

		case 'daemon-set': {
			return planDaemonSet(kitchen, request);
		}

		case 'units': {
			return planUnits(kitchen.nodes, request);
		}
	}
};
