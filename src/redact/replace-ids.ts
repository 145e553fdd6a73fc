import {createHmac} from 'node:crypto';

/** Gives as many digits for an id as are wanted, the same for the same. */
type Digest = (id: string, length: number) => string;

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const uuid = /[\da-f]{8}(?<separator>[\-_])[\da-f]{4}\k<separator>[\da-f]{4}\k<separator>[\da-f]{4}\k<separator>[\da-f]{12}(?![\da-f])/giv;
// Ids of containers and images.
const longHash = /(?<![\dA-Za-z])[\da-f]{64}(?![\dA-Za-z])/gv;
// What kube-proxy, the CNI plugins and Calico name after a Service, an endpoint, a pod: whoever guesses that can check it.
const chain = /(?<![\w\-])(?<prefix>KUBE-[\-A-Z]{2,20}-)(?<hash>[2-7A-Z]{16})(?![\w\-])/gv;
const cniChain = /(?<![\w\-])(?<prefix>CNI-(?:[DS]N-)?)(?<hash>[\da-f]{12,40})(?![\w\-])/gv;
const calicoChain = /(?<prefix>\bcali(?:-[a-z]{2,4}-|:))(?<hash>[\w\-]{8,24})/gv;
const podInterface = /(?<![\w\-])(?<prefix>vethwepl|veth|cali|lxc|azv|eni|gke|tap)(?<hash>[\da-f]{4,12})(?![\w\-])/gv;

/** Replaces ids by others of the same form. `key` is that of all pseudonyms. */
export const createIdReplacer = (key: Uint8Array): (text: string) => string => {
	const digest = (id: string): Uint8Array => createHmac('sha256', key).update(`id ${id}`).digest();
	const hex: Digest = (id, length) => Array.from(digest(id), byte => byte.toString(16).padStart(2, '0')).join('').slice(0, length);
	const letters: Digest = (id, length) => Array.from(digest(id).subarray(0, length), byte => base32[byte & 31]).join('');
	return text => text
		.replaceAll(uuid, (found, separator: string) => {
			const digits = hex(found.toLowerCase().replaceAll('_', '-'), 32);
			return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(separator);
		})
		.replaceAll(longHash, found => hex(found, 64))
		.replaceAll(chain, (_found, prefix: string, hash: string) => prefix + letters(hash, hash.length))
		.replaceAll(cniChain, (_found, prefix: string, hash: string) => prefix + hex(hash, hash.length))
		.replaceAll(calicoChain, (_found, prefix: string, hash: string) => prefix + letters(hash, hash.length))
		.replaceAll(podInterface, (_found, prefix: string, hash: string) => prefix + hex(hash, hash.length));
};
