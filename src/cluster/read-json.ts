import {isIP} from 'node:net';

/** IPv4 or IPv6: a Service, its endpoints and the pods are compared within one of them. */
export type IpFamily = 4 | 6;

/** What lies at a path of keys and indexes, or undefined where any step is missing. */
export const dig = (value: unknown, ...keys: ReadonlyArray<string | number>): unknown => {
	let inner = value;
	for (const key of keys) {
		if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) {
			return undefined;
		}

		inner = (inner as Record<string | number, unknown>)[key];
	}

	return inner;
};

export const readText = (value: unknown, otherwise = ''): string => (typeof value === 'string' ? value : otherwise);

/** A text, or undefined where there is none or an empty one. */
export const readSomeText = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

export const readList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value as readonly unknown[] : []);

/** A map of texts, such as labels; entries of another shape are left out. */
export const readTexts = (value: unknown): Readonly<Record<string, string>> => {
	const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
	return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
};

/** Whether a condition of this type is true in an object's status. */
export const hasCondition = (object: unknown, type: string): boolean =>
	readList(dig(object, 'status', 'conditions')).some(condition => dig(condition, 'type') === type && dig(condition, 'status') === 'True');

/** A TCP or UDP port number, or undefined. */
export const readPort = (value: unknown): number | undefined =>
	(typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value < 65_536 ? value : undefined);

// RFC 1123 as Kubernetes applies it to the names of objects.
const objectName = /^[\da-z](?:[\d\-.a-z]{0,251}[\da-z])?$/v;

export const isObjectName = (text: string): boolean => objectName.test(text);

/** The name of an object, or nothing when it could not be one: names end up in request paths and on command lines. */
export const readName = (value: unknown): string => (typeof value === 'string' && isObjectName(value) ? value : '');

/** The family of an address, or undefined when it is none. */
export const familyOf = (ip: string): IpFamily | undefined => {
	const family = isIP(ip);
	return family === 4 || family === 6 ? family : undefined;
};

/** The first of some addresses that is of a family, or nothing. */
export const addressOf = (family: IpFamily, ips: readonly unknown[]): string =>
	ips.map(ip => readText(ip)).find(ip => familyOf(ip) === family) ?? '';
