import {createHmac} from 'node:crypto';
import {hideSecrets} from '../bundle/hide-secrets.ts';
import {replaceBase64} from '../bundle/replace-base64.ts';
import {isOfEvidence} from './evidence-words.ts';
import type {Name} from './names.ts';
import {hideFileComments} from './redact-comments.ts';
import type {LineTools} from './redact-lines.ts';
import {type Replaced, createRedactor} from './redactor.ts';
import {replaceHexAddresses} from './replace-hex.ts';
import {type KnownAddresses, createSpellingReplacer} from './replace-spellings.ts';
import {createIdReplacer} from './replace-ids.ts';

/** Redacts everything that a recording says; the same pseudonyms in all of it. */
export type BundleRedactor = LineTools & {replaced(): Replaced};

/** What is in an incident. `isKept` says which names stay. */
export type Learned = KnownAddresses & {readonly names: readonly Name[]; readonly isKept?: (name: string) => boolean};

/** `key` as for `createRedactor`. */
export const createBundleRedactor = ({names, ips, macs, isKept = isOfEvidence}: Learned, key: Uint8Array): BundleRedactor => {
	const replaceSpellings = createSpellingReplacer({ips, macs});
	const replaceIds = createIdReplacer(key);
	const isKnown = (ip: string): boolean => ips.has(ip);
	const redactor = createRedactor(names, key, {
		isKept,
		rewrite: (text, map) => replaceHexAddresses(replaceSpellings(replaceIds(text), map), map.ip, isKnown),
	});
	let secrets = 0;
	const hide = (text: string): string => {
		const hidden = hideSecrets(text);
		secrets += hidden.count;
		return hidden.text;
	};

	const redactText = (text: string): string => replaceBase64(hide(text), said => redactText(hideFileComments(said)), said => redactor.text(said));
	return {
		text: redactText,
		addresses: redactor.addresses,
		hide: bytes => createHmac('sha256', key).update('payload').update(bytes).digest(),
		replaced() {
			const {counts, kept} = redactor.replaced();
			return {counts: {...counts, secrets: secrets + (counts.secrets ?? 0)}, kept};
		},
	};
};

