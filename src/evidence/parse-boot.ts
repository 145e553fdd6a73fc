import type {BootLine, Known} from './evidence.ts';
import {known, originOf, unknown} from './known.ts';
import {linesOf, type Section, valuesOf} from './sections.ts';

// The order of precedence for files of one name (sysctl.d(5), modules-load.d(5)).
const directories = ['/etc/', '/run/', '/usr/local/lib/', '/usr/lib/', '/lib/'];

const rankOf = (file: string): number => {
	const rank = directories.findIndex(directory => file.startsWith(directory));
	return rank === -1 ? directories.length : rank;
};

const nameOf = (file: string): string => file.split('/').at(-1) ?? '';

/** The files that count, in the order in which they are applied: by name, and of one name only the first directory's. */
const effectiveFiles = (files: readonly string[]): readonly string[] => {
	const plain = files.filter(file => !file.includes('.d/'));
	const byName = new Map<string, string>();
	for (const file of files) {
		const other = byName.get(nameOf(file));
		if (file.includes('.d/') && (other === undefined || rankOf(file) < rankOf(other))) {
			byName.set(nameOf(file), file);
		}
	}

	// The old single files are listed only where there is no systemd, which reads them through links in its folders: there they are applied last.
	return [...byName.keys().toArray().toSorted().map(name => byName.get(name) ?? ''), ...plain];
};

/** Lines of boot-time files in the order in which they take effect: a later one wins. */
export const parseBootLines = (point: string, section: Section | undefined, pattern: string): Known<readonly BootLine[]> => {
	if (!section) {
		return unknown('the script did not get as far as the boot-time files');
	}

	const files = effectiveFiles(valuesOf(section, 'file'));
	const found = linesOf(section)
		.filter(line => line.startsWith('/'))
		.map(line => ({file: line.slice(0, line.indexOf(':')), line: line.slice(line.indexOf(':') + 1).trim()}))
		.filter(({line}) => !line.startsWith('#') && !line.startsWith(';'));
	const value = files.flatMap(file => found.filter(entry => entry.file === file));
	return known(value, originOf(point, `grep -rs '${pattern}' ${files.join(' ')}`, value.map(({file, line}) => `${file}: ${line}`).join('\n')));
};
