import {createHmac} from 'node:crypto';
import {isOfEvidence} from './evidence-words.ts';
import {hideSecrets} from './hide-secrets.ts';
import type {Name} from './names.ts';
import {hideFileComments} from './redact-comments.ts';
import type {LineTools} from './redact-lines.ts';
import {type Replaced, createRedactor} from './redactor.ts';
import {replaceBase64} from './replace-base64.ts';
import {replaceHexAddresses} from './replace-hex.ts';
import {createIdReplacer} from './replace-ids.ts';

/** Redacts everything that a recording says; the same pseudonyms in all of it. */
export type BundleRedactor = LineTools & {replaced(): Replaced};

export type Learned = {readonly names: readonly Name[]; readonly ips: ReadonlySet<string>};

/** `key` as for `createRedactor`. */
export const createBundleRedactor = ({names, ips}: Learned, key: Uint8Array): BundleRedactor => {
	const replaceIds = createIdReplacer(key);
	const isKnown = (ip: string): boolean => ips.has(ip);
	const redactor = createRedactor(names, key, {
		isKept: isOfEvidence,
		rewrite: (text, {ip}) => replaceHexAddresses(replaceIds(text), ip, isKnown),
	});
	let secrets = 0;
	const hide = (text: string): string => {
		const hidden = hideSecrets(text);
		secrets += hidden.count;
		return hidden.text;
	};

	return {
		text: text => replaceBase64(hide(text), said => redactor.text(hideFileComments(said)), said => redactor.text(said)),
		addresses: redactor.addresses,
		hide: bytes => createHmac('sha256', key).update('payload').update(bytes).digest(),
		replaced() {
			const {counts, kept} = redactor.replaced();
			return {counts: {...counts, secrets: secrets + (counts.secrets ?? 0)}, kept};
		},
	};
};

