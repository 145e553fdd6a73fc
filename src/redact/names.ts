export type NameKind = 'namespace' | 'service' | 'pod' | 'node' | 'container' | 'label' | 'interface' | 'place' | 'object' | 'port' | 'user' | 'chain';

/** A name that is to be replaced wherever it stands. */
export type Name = {readonly kind: NameKind; readonly name: string};

// Names that every cluster has tell nothing.
export const namesEverywhere: ReadonlySet<string> = new Set(['', 'default', 'kube-system', 'kube-public', 'kube-node-lease', 'kubernetes', 'kube-dns', 'coredns', 'kube-proxy', 'hairpin-system', 'localhost', 'none', 'None']);

const prefixes: Readonly<Record<NameKind, string>> = {
	namespace: 'ns', service: 'svc', pod: 'pod', node: 'node', container: 'container', label: 'label', interface: 'veth', place: 'place', object: 'object', port: 'port', user: 'user', chain: 'chain',
};

/** Names that tell nothing, so that they stay. */
export const isEverywhere = (name: string): boolean => namesEverywhere.has(name);

/** What no name of the cluster begins with, where that is numbered the same way. */
const freePrefix = (prefix: string, taken: readonly string[]): string => (taken.some(name => name.startsWith(`${prefix}-`) && /^\d+$/v.test(name.slice(prefix.length + 1))) ? freePrefix(`${prefix}x`, taken) : prefix);

/** A pseudonym for each name, in their order, also in that of the alphabet; those that stay are left out. */
export const choosePseudonyms = (names: readonly Name[], isKept: (name: string) => boolean = isEverywhere): ReadonlyMap<string, string> => {
	const kinds = new Map<string, NameKind>();
	for (const {kind, name} of names) {
		if (!isKept(name) && !kinds.has(name)) {
			kinds.set(name, kind);
		}
	}

	const taken = kinds.keys().toArray();
	return new Map(Map.groupBy(kinds.keys(), name => kinds.get(name) ?? 'object').entries()
		.flatMap(([kind, same]) => same.map((name, index) => [name, `${freePrefix(prefixes[kind], taken)}-${String(index + 1).padStart(String(same.length).length, '0')}`] as const)));
};

const escapePattern = (text: string): string => text.replaceAll(/[^\d\p{Letter}]/gv, character => String.raw`\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);

/** What stands before a word may be a character that is written as `%3D` or `\n`. */
export const writtenCharacter = String.raw`%[\dA-Fa-f]{2}|\\[bfnrt]`;

/** Finds any of the names where it stands as a word; the longer one first, so that `nginx-app` is not taken for `nginx` and something. */
export const composePattern = (names: readonly string[]): RegExp | undefined => {
	const parts = names.toSorted((a, b) => b.length - a.length).map(name => escapePattern(name));
	return parts.length === 0 ? undefined : new RegExp(String.raw`(?<=^|[^\p{L}\d]|${writtenCharacter})(?:${parts.join('|')})(?![\p{L}\d])`, 'gv');
};

