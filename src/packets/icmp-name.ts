// Names of https://www.iana.org/assignments/icmp-parameters and icmpv6-parameters, in the order of their numbers.
const unreachableCodes = [
	'net',
	'host',
	'protocol',
	'port',
	'fragmentation needed',
	'source route failed',
	'net unknown',
	'host unknown',
	'source host isolated',
	'net prohibited',
	'host prohibited',
	'net for this service',
	'host for this service',
	'admin prohibited',
];
const unreachableCodes6 = ['no route', 'admin prohibited', 'beyond scope', 'address', 'port', 'source policy', 'reject route'];
const names = new Map([[0, 'echo reply'], [8, 'echo request'], [5, 'redirect'], [11, 'time exceeded'], [12, 'parameter problem']]);
const names6 = new Map([
	[128, 'echo request'],
	[129, 'echo reply'],
	[2, 'packet too big'],
	[3, 'time exceeded'],
	[4, 'parameter problem'],
	[133, 'router solicitation'],
	[134, 'router advertisement'],
	[135, 'neighbor solicitation'],
	[136, 'neighbor advertisement'],
]);

/** `ICMP port unreachable`, `ICMPv6 echo request`, or the numbers where there is no name. */
export const formatIcmp = (version: number, type: number, code: number): string => {
	const prefix = version === 6 ? 'ICMPv6' : 'ICMP';
	const isIpv6 = version === 6;
	if (type === (isIpv6 ? 1 : 3)) {
		const codes = isIpv6 ? unreachableCodes6 : unreachableCodes;
		return `${prefix} ${codes.at(code) ?? `code ${code}`} unreachable`;
	}

	return `${prefix} ${(isIpv6 ? names6 : names).get(type) ?? `type ${type} code ${code}`}`;
};
