import test from 'ava';
import {isFollowed} from '../../src/changes/is-followed.ts';
import type {Evidence, NodeEvidence} from '../../src/evidence/evidence.ts';
import {unknown} from '../../src/evidence/known.ts';
import {
	buildEvidence,
	read,
	vip,
} from '../helpers/evidence-builder.ts';
import {prepareChange} from '../helpers/prepare-change.ts';

const servedBy = (evidence: Evidence, ...servers: ReadonlyArray<readonly [address: string, port: number, weight: number]>): NodeEvidence => {
	const [node] = evidence.nodes.values();
	return {
		...node,
		virtualServers: read([{
			protocol: 'TCP' as const, ip: vip, port: 8080, scheduler: 'rr', realServers: servers.map(([ip, port, weight]) => ({
				ip, port, weight, active: 0, inactive: 0,
			})),
		}]),
	};
};

test('rules follow another targetPort once they lead to that, and to nothing else', t => {
	const evidence = buildEvidence({targetPort: 81});
	const change = prepareChange('target-port=80', evidence);
	t.false(isFollowed(servedBy(evidence, ['10.244.0.19', 81, 1]), change, evidence));
	t.false(isFollowed(servedBy(evidence, ['10.244.0.19', 81, 1], ['10.244.0.19', 80, 1]), change, evidence));
	t.true(isFollowed(servedBy(evidence, ['10.244.0.19', 80, 1]), change, evidence));
	t.true(isFollowed(servedBy(evidence, ['10.244.0.19', 80, 1], ['10.244.2.99', 80, 1]), change, evidence), 'more backends than are examined');
	t.false(isFollowed(servedBy(evidence), change, evidence), 'nowhere yet');
	t.true(isFollowed(servedBy(evidence, ['10.244.0.19', 81, 0], ['10.244.0.19', 80, 1]), change, evidence), 'a real server of weight 0 only keeps its connections');
});

test('with internalTrafficPolicy Local a node without a backend of its own leads nowhere, and nobody waits for what could not be read', t => {
	const evidence = buildEvidence({targetPort: 81, service: {internalTrafficPolicy: 'Local'}});
	const change = prepareChange('target-port=80', evidence);
	const other = {...servedBy(evidence), node: 'k8s2'};
	t.true(isFollowed(other, change, evidence));
	t.false(isFollowed({...other, node: 'k8s1'}, change, evidence));
	t.true(isFollowed({
		...other, node: 'k8s1', virtualServers: unknown('ipvsadm failed'), proxyMode: unknown('not asked'), iptables: unknown('iptables-save failed'),
	}, change, evidence));
});
