import {isIP} from 'node:net';
import {InvalidArgumentError} from 'commander';

/** A Service by its virtual address alone. */
export type Vip = {
	readonly ip: string;
	readonly port: number;
	readonly protocol: 'TCP' | 'UDP';
};

/** An IPv6 address as the kernel's programs print it (RFC 5952); IPv4 as it is. */
const canonicalIp = (text: string): string | undefined => {
	switch (isIP(text)) {
		case 4: {
			return text;
		}

		case 6: {
			// A zone is no part of an address that a pod could have.
			return text.includes('%') ? undefined : new URL(`http://[${text}]/`).hostname.slice(1, -1);
		}

		default: {
			return undefined;
		}
	}
};

/** `10.98.171.178:8080`, `10.96.0.10:53/udp`, `[fd00::1]:8080`. */
export const parseVip = (text: string): Vip => {
	const {six, four, digits, protocol = 'tcp'} = /^(?:\[(?<six>[^\]]+)\]|(?<four>[\d.]+)):(?<digits>\d{1,5})(?:\/(?<protocol>tcp|udp))?$/iv.exec(text)?.groups ?? {};
	const ip = canonicalIp(six ?? four ?? '');
	const port = Number(digits);
	const isBracketed = six !== undefined;
	if (ip?.includes(':') !== isBracketed || port < 1 || port > 65_535) {
		throw new InvalidArgumentError('IP:PORT is wanted, such as 10.98.171.178:8080, 10.96.0.10:53/udp or [fd00::1]:8080.');
	}

	return {ip, port, protocol: protocol.toUpperCase() === 'UDP' ? 'UDP' : 'TCP'};
};

/** A client by its address, also as `[fd00::13]` or `pod/10.244.0.18`; undefined where it is none. */
export const parseClientIp = (text: string): string | undefined => canonicalIp(text.replace(/^pod\//v, '').replace(/^\[(?<ip>.*)\]$/v, '$<ip>'));
