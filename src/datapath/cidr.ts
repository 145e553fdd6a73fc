import {parseIp} from '../packets/ip-address.ts';

/** Whether an address lies in a network, `10.244.0.0/16` or a bare address; undefined where the text is neither. */
export const isInCidr = (address: string, cidr: string): boolean | undefined => {
	const [base, length] = cidr.split('/', 2);
	const [one, two] = [parseIp(address), parseIp(base)];
	const bits = one?.version === 6 ? 128 : 32;
	const prefix = length === undefined ? bits : Number(length);
	if (!one || !two || !Number.isSafeInteger(prefix) || prefix < 0 || prefix > bits) {
		return undefined;
	}

	return one.version === two.version && one.words.every((word, index) => {
		// An IPv4 address is in the last of the four words.
		const ahead = (one.version === 6 ? index : index - 3) * 32;
		const used = Math.min(32, Math.max(0, prefix - ahead));
		return ahead < 0 || used === 0 || ((word ^ two.words[index]) >>> (32 - used)) === 0;
	});
};

type Words = NonNullable<ReturnType<typeof parseIp>>['words'];

const isBelow = (one: Words, two: Words): boolean => {
	const index = one.findIndex((word, position) => word !== two[position]);
	return index !== -1 && (one[index] >>> 0) < (two[index] >>> 0);
};

/** Whether an address lies in an interval as nft prints it, `10.96.0.0-10.112.255.255`; undefined where the text is none. */
export const isInInterval = (address: string, interval: string): boolean | undefined => {
	const [one, first, last] = [address, ...interval.split('-', 2)].map(text => parseIp(text));
	return one && first && last && one.version === first.version && !isBelow(one.words, first.words) && !isBelow(last.words, one.words);
};
