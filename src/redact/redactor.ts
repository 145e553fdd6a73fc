import {hideSecrets} from '../bundle/hide-secrets.ts';
import {type AddressMap, createAddressMap} from './address-map.ts';
import {
	type Name,
	choosePseudonyms,
	composePattern,
	isEverywhere,
} from './names.ts';
import {replaceAddresses} from './replace-addresses.ts';

/** What was replaced: how many different ones of each kind, and which names were left as they are the same in every cluster. */
export type Replaced = {
	readonly counts: Readonly<Record<string, number>>;
	readonly kept: readonly string[];
};

export type Redactor = {
	text(text: string): string;
	/** The same pseudonyms for addresses alone. */
	readonly addresses: AddressMap;
	replaced(): Replaced;
};

/** Which names stay, and what is done to a text besides, before its addresses are replaced. */
export type RedactorWays = {
	readonly isKept?: (name: string) => boolean;
	readonly rewrite?: (text: string, addresses: AddressMap) => string;
};

/** Words of the program: they choose its way, whatever things in the cluster are called. */
const ownWords: ReadonlySet<string> = new Set([
	'role', 'path', 'outcome', 'protocol', 'kind', 'fromKind', 'status', 'ending', 'direction', 'what', 'table', 'scheduler', 'conclusion', 'type', 'phase', 'os', 'version', 'check', 'diagnosis', 'findings', 'state', 'policy', 'chain',
]);

/** Keys of labels name things too; other keys are the program's own. */
const namingRecords: ReadonlySet<string> = new Set(['labels', 'selector']);

/** The same value with every string in it redacted, but for the words that the program itself put there. */
export const mapStrings = (value: unknown, redact: (text: string) => string, isNaming = false): unknown => {
	if (typeof value === 'string') {
		return redact(value);
	}

	if (Array.isArray(value)) {
		return value.map(item => mapStrings(item, redact));
	}

	if (value instanceof Map) {
		return new Map(value.entries().map(([name, item]) => [mapStrings(name, redact), mapStrings(item, redact)]));
	}

	if (typeof value !== 'object' || value === null) {
		return value;
	}

	return Object.fromEntries(Object.entries(value).map(([name, item]) => [
		isNaming ? redact(name) : name,
		!isNaming && typeof item === 'string' && ownWords.has(name) ? item : mapStrings(item, redact, namingRecords.has(name)),
	]));
};

/** The same map, which remembers what it replaced. */
const rememberAddresses = (map: AddressMap) => {
	const seen = {ips: new Set<string>(), macs: new Set<string>()};
	const remember = (translate: (text: string) => string, known: Set<string>) => (text: string): string => {
		const translated = translate(text);
		if (translated !== text) {
			known.add(text);
		}

		return translated;
	};

	return {map: {ip: remember(map.ip, seen.ips), mac: remember(map.mac, seen.macs)}, seen};
};

/** Replaces names, addresses and secrets. `key` has to be random and is not kept: with it one could try out addresses. */
export const createRedactor = (names: readonly Name[], key: Uint8Array, {isKept = isEverywhere, rewrite = text => text}: RedactorWays = {}): Redactor => {
	const pseudonyms = choosePseudonyms(names, isKept);
	const pattern = composePattern(pseudonyms.keys().toArray());
	const {map, seen} = rememberAddresses(createAddressMap(key));
	let secrets = 0;
	const text = (raw: string): string => {
		const hidden = hideSecrets(raw);
		secrets += hidden.count;
		const named = pattern === undefined ? hidden.text : hidden.text.replaceAll(pattern, name => pseudonyms.get(name) ?? name);
		return replaceAddresses(rewrite(named, map), map);
	};

	return {
		text,
		addresses: map,
		replaced: () => ({
			counts: {
				names: pseudonyms.size, addresses: seen.ips.size, 'link addresses': seen.macs.size, secrets,
			},
			kept: new Set(names.map(({name}) => name).filter(name => name !== '' && isKept(name))).values().toArray(),
		}),
	};
};
