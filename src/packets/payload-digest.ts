const DIGESTED_BYTES = 20;

/** A number from the first bytes of a payload, 0 for none. NAT changes addresses, ports and checksums but not the payload, so it tells datagrams apart. Only as many bytes as every usual snap length keeps. */
export const digestPayload = (bytes: Uint8Array, start: number, end: number): number => {
	const stop = Math.min(end, start + DIGESTED_BYTES);
	let digest = 0;
	for (let at = start; at < stop; at++) {
		digest = Math.imul(digest + bytes[at] + 1, 31);
	}

	return digest;
};
