import type {Address} from './flow.ts';
import {formatIpv4, formatIpv6} from './ip-address.ts';
import {
	addressWords,
	type LegEnd,
	type LegIndex,
	portOf,
	readLeg,
} from './leg-index.ts';
import {LEG_KIND} from './leg-table.ts';
import type {Row} from './conversation.ts';
import {TCP, UDP} from './transport.ts';

/** One end of a leg as text and port. */
export const nameEnd = (index: LegIndex, {leg, end}: LegEnd): Address => {
	const words = addressWords(index, {leg, end});
	const kind = readLeg(index, leg, LEG_KIND);
	const protocol = kind & 0xFF_FF;
	return {
		ip: kind >>> 16 === 6 ? formatIpv6(...words) : formatIpv4(words[3]),
		port: protocol === TCP || protocol === UDP ? portOf(index, leg, end) : undefined,
	};
};

/** Who sent a packet, as it stands in it. */
export const nameSource = (index: LegIndex, row: Row): Address => nameEnd(index, {leg: row.addressLeg, end: row.isFromSource ? 'source' : 'destination'});

/** To whom. */
export const nameDestination = (index: LegIndex, row: Row): Address => nameEnd(index, {leg: row.addressLeg, end: row.isFromSource ? 'destination' : 'source'});

/** `10.98.171.178:8080`, `[fd00::1]:80`, `10.244.0.3`. */
export const formatAddress = ({ip, port}: Address): string => {
	if (port === undefined) {
		return ip;
	}

	return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
};

/** True where address and port are the same. */
export const isSameAddress = (one: Address, two: Address): boolean => one.ip === two.ip && one.port === two.port;
