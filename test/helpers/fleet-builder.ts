import {checks} from '../../src/catalogue/index.ts';
import {unreadNode} from '../../src/cluster/read-node.ts';
import type {Fleet, NodeReport, UnreadNode} from '../../src/fleet/fleet.ts';
import {judgeNode} from '../../src/fleet/judge-node.ts';
import {buildEvidence} from './evidence-builder.ts';
import {type NodeSettings, buildNode} from './node-builder.ts';

const {target} = buildEvidence();

/** A node of the lab in good order; its default elsewhere is that of the founding incident. */
export const healthy: NodeSettings = {
	bridgeNetfilter: 1, ip6: 1, bootModules: [{file: '/etc/modules-load.d/k8s.conf', line: 'br_netfilter'}],
};

/** The report on one node that differs from a healthy one in these settings. */
export const reportOf = (name: string, settings: NodeSettings = {}): NodeReport =>
	judgeNode(checks, buildNode(name, {...healthy, ...settings}, target), {...unreadNode(name, '192.0.2.1'), kubeletVersion: 'v1.33.3'}, 'ssh');

export const fleetOf = (reports: readonly NodeReport[], unread: readonly UnreadNode[] = []): Fleet => ({
	reports, unread, notes: [], isWhole: true,
});
