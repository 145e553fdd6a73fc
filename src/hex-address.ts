const padGroup = (group: string): string => group.padStart(4, '0');

const expandIpv6 = (ip: string): string => {
	const [head, tail = ''] = ip.split('::', 2);
	const left = head === '' ? [] : head.split(':');
	const right = tail === '' ? [] : tail.split(':');
	const zeros = ip.includes('::') ? Array.from({length: 8 - left.length - right.length}, () => '0') : [];
	return [...left, ...zeros, ...right].map(group => padGroup(group)).join('');
};

/** An address as the kernel writes it in /proc: 8 hexadecimal digits of IPv4 in network order, or 32 of IPv6, in lower case. */
export const toHexDigits = (ip: string): string => ip.includes(':')
	? expandIpv6(ip.toLowerCase())
	: ip.split('.').map(part => Number(part).toString(16).padStart(2, '0')).join('');

/** The address of 8 or 32 hexadecimal digits in network order, as text; undefined where it is none. */
export const fromHexDigits = (digits: string): string | undefined => {
	if (/^[\da-f]{32}$/iv.test(digits)) {
		const groups = digits.toLowerCase().match(/.{4}/gv) ?? [];
		return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
	}

	return /^[\da-f]{8}$/iv.test(digits) ? (digits.match(/../gv) ?? []).map(pair => Number.parseInt(pair, 16)).join('.') : undefined;
};
