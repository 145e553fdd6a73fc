import type {ConfigFile, Daemon, Known} from './evidence.ts';
import {known, originOf, unknown} from './known.ts';
import {
	explainMissing,
	fileText,
	findSection,
	isCut,
	type Section,
	valuesOf,
} from './sections.ts';

// USER_HZ: what the kernel shows to programs counts 100 a second on every architecture of today (proc_pid_stat(5)).
const ticksPerSecond = 100;

/** A daemon's process, from its `daemon NAME PID` section. */
export const parseDaemon = (point: string, sections: readonly Section[], name: string, bootedAt: number): Known<Daemon> => {
	const section = findSection(sections, 'daemon', name);
	if (!section) {
		return unknown(explainMissing(sections, 'daemons-done', `no ${name} process runs on ${point}`));
	}

	const pid = Number(section.words[1]);
	const ticks = Number(valuesOf(section, 'ticks')[0]);
	const argv = fileText(section).split('\n').filter(word => word !== '');
	return known({pid, argv, startedAt: bootedAt + (ticks / ticksPerSecond)}, originOf(point, String.raw`tr '\0' ' ' < /proc/${pid}/cmdline`, argv.join(' ')));
};

/** One process that is kubelet and kube-proxy at once, such as k3s; its --config is no KubeletConfiguration. */
const isBoth = (sections: readonly Section[]): boolean => {
	const [kubelet, proxy] = ['kubelet', 'kube-proxy'].map(name => findSection(sections, 'daemon', name)?.words[1]);
	return kubelet !== undefined && kubelet === proxy;
};

const toFile = (section: Section): ConfigFile => ({path: section.words.slice(2).join(' '), modifiedAt: Number(section.words[1]), text: fileText(section)});

const knownFile = (point: string, file: ConfigFile): Known<ConfigFile> => known(file, originOf(point, `cat ${file.path}`, file.text));

/** The file that a daemon's `--config` names. */
export const parseConfigFile = (point: string, sections: readonly Section[], name: string): Known<ConfigFile> => {
	const section = findSection(sections, 'file', name);
	if (section) {
		const file = toFile(section);
		return isCut(section) ? unknown(`${file.path} on ${point} is too large`) : knownFile(point, file);
	}

	const unreadable = findSection(sections, 'file-unreadable', name);
	if (unreadable) {
		return unknown(`${unreadable.words.slice(1).join(' ')} on ${point} cannot be read`);
	}

	if (isBoth(sections)) {
		return unknown(`${name} on ${point} is part of another program, which configures it`);
	}

	return unknown(explainMissing(sections, 'cni', findSection(sections, 'daemon', name) ? `${name} on ${point} runs without --config` : `no ${name} process runs on ${point}`));
};

/** The CNI's configuration files. */
export const parseCniFiles = (point: string, sections: readonly Section[]): Known<readonly ConfigFile[]> => {
	if (!findSection(sections, 'cni') || !findSection(sections, 'ipvs')) {
		return unknown('the script did not get as far as the CNI configuration');
	}

	const files = sections.filter(section => section.name === 'file' && section.words[0] === 'cni' && !isCut(section)).map(section => toFile(section));
	return known(files, originOf(point, 'cat /etc/cni/net.d/*', files.map(({path, text}) => `# ${path}\n${text}`).join('\n')));
};

// The default of metricsBindAddress (kubeproxy.config.k8s.io/v1alpha1).
const addressOf = (section: Section | undefined): string => section?.words[0] ?? '127.0.0.1:10249';

/** What kube-proxy answers about the mode it runs in. */
export const parseProxyMode = (point: string, sections: readonly Section[]): Known<string> => {
	const section = findSection(sections, 'proxy-mode');
	const mode = section ? fileText(section).trim() : '';
	return /^[a-z]{2,20}$/v.test(mode)
		? known(mode, originOf(point, `curl -s ${addressOf(section)}/proxyMode`, mode))
		: unknown(section
			? `kube-proxy on ${point} does not answer on its metrics address ${addressOf(section)}`
			: explainMissing(sections, 'programs-done', `no kube-proxy process runs on ${point}`));
};

/** The configuration that kube-proxy runs with. */
export const parseConfigz = (point: string, sections: readonly Section[]): Known<Readonly<Record<string, unknown>>> => {
	const section = findSection(sections, 'configz');
	const text = section ? fileText(section) : '';
	try {
		const document: unknown = JSON.parse(text);
		if (typeof document === 'object' && document !== null && !Array.isArray(document)) {
			return known({...document}, originOf(point, `curl -s ${addressOf(findSection(sections, 'proxy-mode'))}/configz`, text));
		}
	} catch {
		// Told below: an answer that is no JSON is no answer.
	}

	return unknown(section
		? `kube-proxy on ${point} does not show its /configz`
		: explainMissing(sections, 'programs-done', `no kube-proxy process runs on ${point}`));
};
