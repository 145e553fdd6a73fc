import {Buffer} from 'node:buffer';
import {gunzipSync} from 'node:zlib';

const decodeWords = (text: string): readonly string[] => (text.match(/[\d+\/A-Za-z]{4,}={0,2}/gv) ?? []).map(word => Buffer.from(word, 'base64').toString('latin1'));

/** Everything that is in an unpacked archive: its bytes, and what stands in base64 in it. */
export const everythingIn = (bytes: Buffer): string => {
	const unpacked = gunzipSync(bytes).toString('latin1');
	return [unpacked, ...decodeWords(unpacked), ...decodeWords(unpacked).flatMap(word => decodeWords(word))].join('\n');
};

const ipv4 = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/gv;
const macAddress = /(?<![\d:a-f])(?:[\da-f]{2}:){5}[\da-f]{2}(?![\d:a-f])/giv;
const linkLocal = /fe80:(?::[\da-f]{1,4}){1,7}/gv;
const podInterface = /\bveth[\da-f]{8}\b/gv;
const uid = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/gv;
// What every cluster has, or every computer.
export const shared = /^(?:0\..*|127\..*|255\..*|00(?::00){5}|ff(?::ff){5}|33:33:00.*|default|kubernetes|kube-system|linux|amd64|endpointslice-controller\.k8s\.io)$/v;

const namesIn = (value: unknown): readonly string[] => {
	if (typeof value !== 'object' || value === null) {
		return [];
	}

	const own = Object.entries(value).flatMap(([key, item]: [string, unknown]) => {
		if (typeof item === 'string' && ['name', 'namespace', 'nodeName', 'hostname'].includes(key)) {
			return [item];
		}

		return typeof item === 'object' && item !== null && ['labels', 'selector', 'matchLabels'].includes(key) ? Object.values(item).filter(label => typeof label === 'string') : [];
	});
	return [...own, ...Object.values(value).flatMap(item => namesIn(item))];
};

/** What must be gone, found by other means than those of the redactor. */
export const originalsIn = (bytes: Buffer): readonly string[] => {
	const text = gunzipSync(bytes).toString('latin1');
	const answers = text.split('\n').filter(line => line.startsWith('{"world"') && line.includes('"kind":"kubectl"')).map(line => JSON.parse(line) as {readonly came?: {readonly answer?: unknown}});
	const found = [ipv4, macAddress, linkLocal, podInterface, uid].flatMap(pattern => everythingIn(bytes).match(pattern) ?? []);
	const named = answers.flatMap(({came}) => namesIn(came?.answer)).filter(name => name !== '');
	return [...new Set([...found.map(word => word.toLowerCase()), ...named])].filter(word => !shared.test(word));
};

const hexOf = (ip: string): string => ip.split('.').map(part => Number(part).toString(16).padStart(2, '0')).join('');

/** A word as text, an address also as the kernel writes it, either way round. */
const formsOf = (word: string): readonly string[] => {
	const digits = /^[\d.]+$/v.test(word) && word.split('.').length === 4 ? hexOf(word) : undefined;
	return digits === undefined ? [word] : [word, digits, (digits.match(/../gv) ?? []).toReversed().join(''), word.replaceAll('.', '-')];
};

export const findAgain = (everything: string, words: readonly string[]): readonly string[] => {
	const lower = everything.toLowerCase();
	return words.filter(word => formsOf(word.toLowerCase()).some(form => new RegExp(String.raw`(?<![\da-z])${RegExp.escape(form)}(?![\da-z])`, 'v').test(lower)));
};
