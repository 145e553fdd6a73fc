import type {NodeSettings, Ports, SettingName} from './settings.ts';

type Words<T> = {
	readonly label: string;
	/** The value as nodes are compared by it; undefined where it is not. */
	readonly tell: (value: T) => string | undefined;
};

type ValueOf<R> = Extract<R, {readonly value: unknown}>['value'];

type AllWords = {readonly [Name in SettingName]: Words<ValueOf<NodeSettings[Name]>>};

const tellSwitch = (isOn: boolean): string => (isOn ? 'on' : 'off');

const tellPorts = ({on, total}: Ports): string => {
	if (on === total) {
		return 'on';
	}

	return on === 0 ? 'off' : 'on some ports only';
};

const same = (text: string): string => text;

const allWords: AllWords = {
	bridgeNetfilter: {label: 'br_netfilter', tell: same},
	callsIptables: {label: 'bridge-nf-call-iptables', tell: value => (value === 'absent' ? undefined : String(value))},
	survivesReboot: {label: 'br_netfilter at boot', tell: tellSwitch},
	ipForward: {label: 'ip_forward', tell: isOn => (isOn ? '1' : '0')},
	forwardPolicy: {label: 'policy of FORWARD', tell: same},
	proxyMode: {label: 'kube-proxy mode', tell: same},
	masqueradeAll: {label: 'masqueradeAll', tell: tellSwitch},
	hairpinPorts: {
		label: 'hairpin_mode',
		tell: ports => (ports.total === 0 ? undefined : tellPorts(ports)),
	},
	conntrack: {label: 'conntrack', tell: () => undefined},
	kernel: {label: 'kernel', tell: same},
	kubelet: {label: 'kubelet', tell: same},
	cni: {label: 'CNI plugin', tell: same},
};

export const settingNames = Object.keys(allWords) as readonly SettingName[];

export const labelOf = (name: SettingName): string => allWords[name].label;

/** The word by which nodes are compared; undefined where the setting is not known, or says nothing there. */
export const wordOf = (settings: NodeSettings, name: SettingName): string | undefined => {
	const reading = settings[name];
	const tell = allWords[name].tell as (value: unknown) => string | undefined;
	return 'unknown' in reading ? undefined : tell(reading.value);
};
