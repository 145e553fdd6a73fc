import type {
	Bridge,
	Known,
	NodeEvidence,
	Switch,
} from '../../evidence/evidence.ts';
import {effectiveBridgeNetfilter} from '../../evidence/readings.ts';

const sysctlOf = (version: 4 | 6): string => `net/bridge/bridge-nf-call-${version === 6 ? 'ip6' : 'ip'}tables`;

/** The sysctl itself, whatever the bridge's own switch says. */
export const readBridgeSysctl = ({sysctls}: NodeEvidence, version: 4 | 6): Known<string> =>
	sysctls[sysctlOf(version)] ?? {unknown: `${sysctlOf(version).replaceAll('/', '.')} was not read`};

const effectiveIp6 = (node: NodeEvidence, {nfCallIp6tables}: Bridge): Known<Switch> => {
	const sysctl = readBridgeSysctl(node, 6);
	if ('unknown' in sysctl) {
		return sysctl;
	}

	const value = sysctl.value.trim();
	return {value: value === 'absent' ? 'absent' : (value === '1' || nfCallIp6tables === 1 ? 1 : 0), origin: sysctl.origin};
};

/** Whether a bridge hands frames of one IP version to netfilter: by its sysctl or by its own switch, either suffices (br_netfilter_hooks.c). */
export const bridgeNetfilterOf = (version: 4 | 6) => (node: NodeEvidence, bridge: Bridge): Known<Switch> =>
	(version === 6 ? effectiveIp6(node, bridge) : effectiveBridgeNetfilter(node, bridge));
