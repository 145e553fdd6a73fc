import type {Pod} from '../cluster/cluster.ts';
import {podLabel} from '../cluster/pod-label.ts';
import type {
	BootLine,
	Bridge,
	BridgePort,
	Evidence,
	Known,
	NodeEvidence,
	Switch,
} from './evidence.ts';
import {mapKnown, unknown, valueOf} from './known.ts';

export {
	cniBridge, cniHairpinMode, cniPlugin, hasPromiscMode, kubeletHairpinMode,
} from './config-readings.ts';
export {
	configuredProxy, kernelProxyMode, liveProxy, masqueradesAll, type ProxySettings,
} from './proxy-readings.ts';
export {
	isTableOfIptables, isTableOfKubeProxy, isTranslating, masqueradesAllOfNode, proxyModeOfNode,
} from './node-proxy.ts';

export type Plug = {
	readonly bridge: Bridge;
	readonly port: BridgePort;
};

/** The bridge and the port that a pod's veth is plugged into: its peer's ifindex tells, never a bridge's name. Undefined where it is on none, or not known. */
export const bridgeOfPod = ({pods, nodes}: Evidence, pod: Pod): Plug | undefined => {
	const peer = valueOf(pods.get(podLabel(pod))?.peerIfindex);
	const bridges = valueOf(nodes.get(pod.node)?.bridges) ?? [];
	for (const bridge of bridges) {
		const port = bridge.ports.find(({ifindex}) => ifindex === peer);
		if (port) {
			return {bridge, port};
		}
	}

	return undefined;
};

const readSwitch = (text: string): Switch => {
	const word = text.trim();
	if (word === '1') {
		return 1;
	}

	return word === '0' ? 0 : 'absent';
};

/** Whether a bridge's IPv4 frames meet netfilter: by the sysctl or by the bridge's own flag, either suffices; without the module neither counts (br_netfilter_hooks.c). */
export const effectiveBridgeNetfilter = ({sysctls}: NodeEvidence, {nfCallIptables}: Bridge): Known<Switch> =>
	mapKnown(sysctls['net/bridge/bridge-nf-call-iptables'] ?? unknown('net.bridge.bridge-nf-call-iptables was not read'), text => {
		const sysctl = readSwitch(text);
		return sysctl === 0 && nfCallIptables === 1 ? 1 : sysctl;
	});

/** What a node's files give it at the next boot. */
export type BootSetting = {
	/** The file that loads br_netfilter; undefined where none does. */
	readonly moduleFile: string | undefined;
	readonly isBuiltIn: boolean;
	/** The last assignment of the sysctl, and its file; undefined where none is. */
	readonly assignment: {readonly value: Switch; readonly file: string} | undefined;
	readonly isOn: boolean;
};

type Assignment = {readonly pattern: string; readonly value: Switch; readonly file: string};

const readAssignment = ({line, file}: BootLine): readonly Assignment[] => {
	const groups = /^-?(?<key>[\w*\-.\/]+)\s*=\s*(?<value>\S+)/v.exec(line)?.groups;
	return groups ? [{pattern: groups.key.replaceAll('/', '.'), value: readSwitch(groups.value), file}] : [];
};

const isMatch = (pattern: string, key: string): boolean => {
	const parts = pattern.split('.');
	return parts.length === key.split('.').length && key.split('.').every((part, index) => {
		const pieces = parts[index].split('*');
		return pieces.length === 1
			? part === parts[index]
			: part.startsWith(pieces[0]) && part.endsWith(pieces.at(-1) ?? '') && pieces.every(piece => part.includes(piece));
	});
};

/** The last assignment counts; one that names the key beats those with a glob, wherever it stands (sysctl.d(5)). */
const findAssignment = (lines: readonly BootLine[], key: string): BootSetting['assignment'] => {
	const assignments = lines.flatMap(line => readAssignment(line));
	const found = assignments.findLast(({pattern}) => pattern === key) ?? assignments.findLast(({pattern}) => pattern.includes('*') && isMatch(pattern, key));
	return found && {value: found.value, file: found.file};
};

// modprobe takes `-` and `_` in a module's name for the same; /etc/modules may give options behind it.
const isLoading = ({line}: BootLine): boolean => line.trim().split(/\s/v, 1)[0].replaceAll('-', '_') === 'br_netfilter';

/**
 Whether br_netfilter is in force after a reboot. The module comes up with 1; a sysctl.d file that says 0 is applied after it was loaded.
 Files are what is known: another program may load the module later.
 */
export const bootBridgeNetfilter = (node: NodeEvidence, version: 4 | 6 = 4): Known<BootSetting> => {
	if ('unknown' in node.bootSysctls) {
		return node.bootSysctls;
	}

	const assignment = findAssignment(node.bootSysctls.value, `net.bridge.bridge-nf-call-${version === 6 ? 'ip6' : 'ip'}tables`);
	const isBuiltIn = valueOf(node.bridgeNetfilter)?.isBuiltIn === true;
	return mapKnown(node.bootModules, lines => {
		const moduleFile = lines.find(line => isLoading(line))?.file;
		return {
			moduleFile, isBuiltIn, assignment, isOn: (moduleFile !== undefined || isBuiltIn) && assignment?.value !== 0,
		};
	});
};
