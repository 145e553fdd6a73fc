import {setTimeout as sleep} from 'node:timers/promises';
import {
	kubectl,
	onEveryNode,
	onNode,
	until,
} from '../../helpers/real-cluster.ts';
import type {Random} from '../../helpers/random.ts';
import {proxyModes} from './fault-table.ts';
import {
	addBackends,
	enterMode,
	loadBridgeNetfilter,
	type ProxyMode,
	restartProxy,
	setProxy,
	vip,
} from './fault-case.ts';

const patchService = (patch: string) => async (): Promise<void> => {
	await kubectl('patch', 'service', 'nginx', '--type=merge', '-p', patch);
};

const services = {
	'one backend': async () => undefined,
	'three backends on two nodes': addBackends,
	async 'three backends, sessionAffinity ClientIP'() {
		await addBackends();
		await patchService('{"spec":{"sessionAffinity":"ClientIP"}}')();
	},
	'one backend, internalTrafficPolicy Local': patchService('{"spec":{"internalTrafficPolicy":"Local"}}'),
	'a targetPort on which nobody listens': patchService('{"spec":{"ports":[{"port":8080,"targetPort":81}]}}'),
	'a selector that matches nothing': patchService('{"spec":{"selector":{"app":"ngnix"}}}'),
} as const satisfies Readonly<Record<string, () => Promise<unknown>>>;

const serviceKinds = Object.keys(services) as ReadonlyArray<keyof typeof services>;

/** What decides over packets, as it was drawn. */
export type RandomWorld = {
	readonly mode: ProxyMode;
	readonly service: keyof typeof services;
	readonly masqueradesAll: boolean;
	readonly hasBridgeNetfilter: boolean;
	readonly hasHairpinPorts: boolean;
};

export const drawWorld = ({pick, chance}: Random): RandomWorld => ({
	mode: pick(proxyModes),
	service: pick(serviceKinds),
	masqueradesAll: chance(0.5),
	hasBridgeNetfilter: chance(0.5),
	hasHairpinPorts: chance(0.5),
});

export const describeWorld = ({mode, service, masqueradesAll, hasBridgeNetfilter, hasHairpinPorts}: RandomWorld): string => [
	mode, service, `masqueradeAll ${masqueradesAll}`, `br_netfilter ${hasBridgeNetfilter ? 'loaded' : 'not loaded'}`, `hairpin_mode ${hasHairpinPorts ? 1 : 0}`,
].join(', ');

const masquerade = async (): Promise<void> => {
	await onEveryNode(`${setProxy('masqueradeAll', 'true')} && ${restartProxy}`);
	await until('every connection to be masqueraded', async () => {
		const rules = await Promise.all([1, 2, 3].map(async node => onNode(node, `iptables-save -t nat | grep -E -- '(KUBE-CLUSTER-IP dst,dst |-d ${vip}/32 .*)-j KUBE-MARK-MASQ' | grep -v -- '! -s' || true`)));
		return rules.every(rule => rule !== '');
	});
};

const readRules = async (): Promise<string> => {
	const rules = await Promise.all([1, 2, 3].map(async node => onNode(node, 'iptables-save | grep -v "^[#:]"; ipvsadm -Sn 2>/dev/null || true')));
	return rules.join('\n');
};

/** Waits until kube-proxy has written what it had to: the same rules on all nodes, twice, with more than its own pause between. */
const untilSettled = async (): Promise<void> => {
	let before = await readRules();
	await until('kube-proxy to be done', async () => {
		await sleep(2500);
		const now = await readRules();
		const isSettled = now === before;
		before = now;
		return isSettled;
	});
};

/** Brings the founding cluster into this state. `cluster reset` undoes it. */
export const makeWorld = async ({mode, service, masqueradesAll, hasBridgeNetfilter, hasHairpinPorts}: RandomWorld): Promise<void> => {
	await enterMode(mode);
	await (masqueradesAll ? masquerade() : undefined);
	await services[service]();
	await (hasBridgeNetfilter ? loadBridgeNetfilter() : undefined);
	await (hasHairpinPorts ? undefined : onEveryNode('for port in /sys/class/net/cni0/brif/*; do [ -e "$port" ] && echo 0 > $port/hairpin_mode; done; true'));
	await untilSettled();
};
