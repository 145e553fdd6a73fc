import type {ConfigFile, Daemon, Known} from './evidence.ts';
import {known, originOf, unknown} from './known.ts';
import {
	fileText,
	findSection,
	type Section,
	valuesOf,
} from './sections.ts';

// USER_HZ: what the kernel shows to programs counts 100 a second on every architecture of today (proc_pid_stat(5)).
const ticksPerSecond = 100;

/** A daemon's process, from its `daemon NAME PID` section. */
export const parseDaemon = (point: string, sections: readonly Section[], name: string, bootedAt: number): Known<Daemon> => {
	const section = findSection(sections, 'daemon', name);
	if (!section) {
		return unknown(`no ${name} process runs on ${point}`);
	}

	const pid = Number(section.words[1]);
	const ticks = Number(valuesOf(section, 'ticks')[0]);
	const argv = fileText(section).split('\n').filter(word => word !== '');
	return known({pid, argv, startedAt: bootedAt + (ticks / ticksPerSecond)}, originOf(point, String.raw`tr '\0' ' ' < /proc/${pid}/cmdline`, argv.join(' ')));
};

const toFile = (section: Section): ConfigFile => ({path: section.words.slice(2).join(' '), modifiedAt: Number(section.words[1]), text: fileText(section)});

const knownFile = (point: string, file: ConfigFile): Known<ConfigFile> => known(file, originOf(point, `cat ${file.path}`, file.text));

/** The file that a daemon's `--config` names. */
export const parseConfigFile = (point: string, sections: readonly Section[], name: string): Known<ConfigFile> => {
	const section = findSection(sections, 'file', name);
	if (section) {
		return knownFile(point, toFile(section));
	}

	const unreadable = findSection(sections, 'file-unreadable', name);
	if (unreadable) {
		return unknown(`${unreadable.words.slice(1).join(' ')} on ${point} cannot be read`);
	}

	return unknown(findSection(sections, 'daemon', name) ? `${name} on ${point} runs without --config` : `no ${name} process runs on ${point}`);
};

/** The CNI's configuration files. */
export const parseCniFiles = (point: string, sections: readonly Section[]): Known<readonly ConfigFile[]> => {
	if (!findSection(sections, 'cni')) {
		return unknown('the script did not get as far as the CNI configuration');
	}

	const files = sections.filter(({name, words}) => name === 'file' && words[0] === 'cni').map(section => toFile(section));
	return known(files, originOf(point, 'cat /etc/cni/net.d/*', files.map(({path, text}) => `# ${path}\n${text}`).join('\n')));
};

/** What kube-proxy answers about the mode it runs in. */
export const parseProxyMode = (point: string, sections: readonly Section[]): Known<string> => {
	const section = findSection(sections, 'proxy-mode');
	const mode = section ? fileText(section).trim() : '';
	return /^[a-z]{2,20}$/v.test(mode)
		? known(mode, originOf(point, 'curl -s 127.0.0.1:10249/proxyMode', mode))
		: unknown(section ? `kube-proxy on ${point} does not answer on its metrics address` : `no kube-proxy process runs on ${point}`);
};

/** The configuration that kube-proxy runs with. */
export const parseConfigz = (point: string, sections: readonly Section[]): Known<Readonly<Record<string, unknown>>> => {
	const section = findSection(sections, 'configz');
	const text = section ? fileText(section) : '';
	try {
		const document: unknown = JSON.parse(text);
		if (typeof document === 'object' && document !== null && !Array.isArray(document)) {
			return known({...document}, originOf(point, 'curl -s 127.0.0.1:10249/configz', text));
		}
	} catch {
		// Told below: an answer that is no JSON is no answer.
	}

	return unknown(section ? `kube-proxy on ${point} does not show its /configz` : `no kube-proxy process runs on ${point}`);
};
