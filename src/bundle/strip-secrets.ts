import {hideSecrets} from './hide-secrets.ts';
import {replaceBase64} from './replace-base64.ts';

// What a user writes into objects: environment, files, commands, notes. None of it decides a path.
const unwantedKeys: ReadonlySet<string> = new Set([
	'env', 'envFrom', 'annotations', 'managedFields', 'volumes', 'volumeMounts', 'command', 'args', 'data', 'stringData', 'binaryData', 'lifecycle', 'imagePullSecrets',
]);

// Repetitions are bounded, so that hostile text takes no quadratic time.
const secretPair = /(?<name>[\w\-.]{0,60}(?:token|passw(?:or)?d|secret|authorization|credential|private[\-_]?key|client-key|api[\-_]?key|bearer)[\w\-.]{0,60}["']?(?: {0,4}[:=] {0,4}| {1,4}))(?<value>"[^\n"]{1,4000}"|'[^\n']{1,4000}'|[^\s"',\[\]\{\}]{1,4000})/giv;

const hidden = 'HIDDEN';

const hideValue = (name: string, value: string): string => {
	const quote = /^["']/v.exec(value)?.[0] ?? '';
	return `${name}${quote}${hidden}${quote}`;
};

const hidePairs = (text: string): string => text.replaceAll(secretPair, (_whole, name: string, value: string) => hideValue(name, value));

/** Text without what is a token, a password or a key, or is called one, also where it stands in base64. */
export const stripText = (text: string): string => replaceBase64(hideSecrets(hidePairs(text)).text, stripText, said => said);

/** A Kubernetes object without what users write into it. */
export const stripObject = (value: unknown): unknown => {
	if (Array.isArray(value)) {
		return value.map(entry => stripObject(entry));
	}

	if (typeof value === 'object' && value !== null) {
		return Object.fromEntries(Object.entries(value).filter(([key]) => !unwantedKeys.has(key)).map(([key, entry]) => [key, stripObject(entry)]));
	}

	return value;
};
