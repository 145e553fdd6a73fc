export type NameKind = 'namespace' | 'service' | 'pod' | 'node' | 'container' | 'label' | 'interface' | 'place';

/** A name that is to be replaced wherever it stands. */
export type Name = {readonly kind: NameKind; readonly name: string};

// Names that every cluster has tell nothing.
export const namesEverywhere: ReadonlySet<string> = new Set(['', 'default', 'kube-system', 'kube-public', 'kube-node-lease', 'kubernetes', 'kube-dns', 'coredns', 'kube-proxy', 'hairpin-system', 'localhost', 'none', 'None']);

const prefixes: Readonly<Record<NameKind, string>> = {
	namespace: 'ns', service: 'svc', pod: 'pod', node: 'node', container: 'container', label: 'label', interface: 'veth', place: 'place',
};

/** A pseudonym for each name, in their order; those that every cluster has are left out. */
export const choosePseudonyms = (names: readonly Name[]): ReadonlyMap<string, string> => {
	const pseudonyms = new Map<string, string>();
	const counts = new Map<NameKind, number>();
	for (const {kind, name} of names) {
		if (namesEverywhere.has(name) || pseudonyms.has(name)) {
			continue;
		}

		const number = (counts.get(kind) ?? 0) + 1;
		counts.set(kind, number);
		pseudonyms.set(name, `${prefixes[kind]}-${number}`);
	}

	return pseudonyms;
};

const escapePattern = (text: string): string => text.replaceAll(/[^\d\p{Letter}]/gv, character => String.raw`\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);

/** Finds any of the names where it stands as a word; the longer one first, so that `nginx-app` is not taken for `nginx` and something. */
export const composePattern = (names: readonly string[]): RegExp | undefined => {
	const parts = names.toSorted((a, b) => b.length - a.length).map(name => escapePattern(name));
	return parts.length === 0 ? undefined : new RegExp(String.raw`(?<![\p{L}\d])(?:${parts.join('|')})(?![\p{L}\d])`, 'gv');
};

