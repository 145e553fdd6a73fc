import {mapKnown, valueOf} from '../../evidence/known.ts';
import {kubeletHairpinMode as readMode} from '../../evidence/readings.ts';
import type {Recipe} from '../change.ts';
import {emptyPlan, refuse} from './shared.ts';

/** The setting that everybody tries first, and that nothing has read since Kubernetes 1.24. */
export const kubeletHairpinMode: Recipe = {
	name: 'kubelet-hairpin-mode',
	values: ['hairpin-veth', 'promiscuous-bridge', 'none'],
	title: value => `Set hairpinMode: ${value} in kubelet's configuration`,
	why: 'kubelet\'s hairpinMode acted only inside its own docker integration, gone since Kubernetes 1.24. Under a CNI plugin it changes nothing; it is offered because people want to see that for themselves.',
	price: () => [],
	cuts: 'no connection; kubelet does not answer (logs, exec, probes) while it starts',
	plan({nodes}, value) {
		const unread = nodes.find(({kubelet, kubeletConfig}) => 'unknown' in kubelet || 'unknown' in kubeletConfig);
		if (unread) {
			return refuse(`kubelet's configuration on ${unread.node} is not known`, 'does it run with --config FILE? See: systemctl cat kubelet');
		}

		return {
			...emptyPlan,
			nodes: nodes.map(node => ({
				node: node.node,
				edits: [{
					kind: 'yaml', path: valueOf(node.kubeletConfig)?.path ?? '', key: ['hairpinMode'], value,
				}],
				restarts: [{daemon: 'kubelet', pid: valueOf(node.kubelet)?.pid ?? 0}],
			})),
			notes: ['this will not make a Service reachable: nothing reads the value under a CNI plugin'],
		};
	},
	isInForce: (node, value) => mapKnown(readMode(node), mode => mode === value),
	assume: node => node,
};
