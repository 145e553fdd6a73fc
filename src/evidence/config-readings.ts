import {parse} from 'yaml';
import type {ConfigFile, Known, NodeEvidence} from './evidence.ts';
import {mapKnown, unknown, valueOf} from './known.ts';

export type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields of an object, or none where it is something else. */
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** A YAML or JSON document as fields; undefined where it cannot be parsed. */
export const parseDocument = (text: string): Fields | undefined => {
	try {
		const document: unknown = parse(text, {maxAliasCount: 50});
		return isFields(document) ? document : undefined;
	} catch {
		return undefined;
	}
};

/** A field of a configuration file, read from the document in it. */
export const readConfig = <T>(file: Known<ConfigFile>, read: (document: Fields) => T): Known<T> => {
	if ('unknown' in file) {
		return file;
	}

	const document = parseDocument(file.value.text);
	return document ? mapKnown(file, () => read(document)) : unknown(`${file.value.path} is not YAML`);
};

/** Whether a process was started as this program, not as one that contains it (k3s). */
export const isProgram = ([path = '']: readonly string[], name: string): boolean => path.split('/').at(-1) === name;

/** The last value of `--name value`, `--name=value` or `--name` (then `true`); undefined where the flag is not given. */
export const flagOfArgv = (argv: readonly string[], name: string): string | undefined => {
	const index = argv.findLastIndex(word => word === `--${name}` || word.startsWith(`--${name}=`));
	const word = argv.at(index);
	if (index === -1 || word === undefined) {
		return undefined;
	}

	const next = argv[index + 1];
	const separate = next === undefined || next.startsWith('-') ? 'true' : next;
	return word.includes('=') ? word.slice(word.indexOf('=') + 1) : separate;
};

/** What kubelet's flag or file says of hairpinMode; a flag beats the file, and the default is promiscuous-bridge (KubeletConfiguration v1beta1). */
export const kubeletHairpinMode = ({kubelet, kubeletConfig}: NodeEvidence): Known<string> => {
	const flag = flagOfArgv(valueOf(kubelet)?.argv ?? [], 'hairpin-mode');
	return flag === undefined ? readConfig(kubeletConfig, document => (typeof document.hairpinMode === 'string' ? document.hairpinMode : 'promiscuous-bridge')) : mapKnown(kubelet, () => flag);
};

const pluginsOf = ({text}: ConfigFile): readonly Fields[] => {
	const document = parseDocument(text) ?? {};
	return Array.isArray(document.plugins) ? document.plugins.map(plugin => fieldsOf(plugin)) : [document];
};

/** The plugin that makes the pod's interface, or what it delegates that to (flannel). */
const mainPlugin = (files: readonly ConfigFile[]): {readonly type: string; readonly settings: Fields} | undefined => {
	// Runtimes take the first file by name (libcni, LoadNetworkList).
	const firstPath = files.map(({path}) => path).toSorted().at(0);
	const file = files.find(({path}) => path === firstPath);
	const plugin = file === undefined ? undefined : pluginsOf(file).at(0);
	if (typeof plugin?.type !== 'string') {
		return undefined;
	}

	return {type: plugin.type, settings: isFields(plugin.delegate) ? plugin.delegate : plugin};
};

const withPlugin = <T>({node, cniConfigs}: NodeEvidence, read: (plugin: {readonly type: string; readonly settings: Fields}) => T): Known<T> => {
	const plugin = mainPlugin(valueOf(cniConfigs) ?? []);
	return plugin ? mapKnown(cniConfigs, () => read(plugin)) : unknown('unknown' in cniConfigs ? cniConfigs.unknown : `no CNI configuration was found on ${node}`);
};

/** `bridge cni0`, `flannel`, `calico`: the plugin that plugs pods in. */
export const cniPlugin = (node: NodeEvidence): Known<string> =>
	withPlugin(node, ({type, settings}) => (typeof settings.bridge === 'string' ? `${type} ${settings.bridge}` : type));

/** What the CNI configuration says of hairpinMode for pods that are plugged in from now on; the bridge plugin's default is false. */
export const cniHairpinMode = (node: NodeEvidence): Known<boolean> => withPlugin(node, ({settings}) => settings.hairpinMode === true);

/** Whether the bridge plugin is to make its bridge promiscuous, beside which it refuses hairpinMode (plugins/main/bridge/bridge.go, loadNetConf). */
export const hasPromiscMode = (node: NodeEvidence): boolean => valueOf(withPlugin(node, ({settings}) => settings.promiscMode === true)) === true;

// The bridge that a plugin makes where its configuration names none.
const defaultBridges = new Map([['bridge', 'cni0'], ['flannel', 'cni0'], ['weave-net', 'weave']]);
// These leave pods to other plugins, which their configuration need not name.
const delegatingPlugins: ReadonlySet<string> = new Set(['multus', 'multus-shim', 'danm', 'genie', 'cni-genie']);

/** The name of the bridge that the CNI configuration plugs pods into; undefined where its plugin uses none. */
export const cniBridge = (node: NodeEvidence): Known<string | undefined> => {
	const plugin = mainPlugin(valueOf(node.cniConfigs) ?? []);
	if (plugin && delegatingPlugins.has(plugin.type)) {
		return unknown(`${plugin.type} leaves it to other plugins which bridge pods are plugged into`);
	}

	return withPlugin(node, ({type, settings}) => {
		const delegate = typeof settings.type === 'string' ? settings.type : type;
		return typeof settings.bridge === 'string' ? settings.bridge : defaultBridges.get(delegate);
	});
};
