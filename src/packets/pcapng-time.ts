const NANOSECONDS = 1_000_000_000;

/** How an interface counts time (if_tsresol, if_tsoffset). */
export type Clock = {
	readonly ticksPerSecond: bigint;
	/** The same as a number where 10^0 to 10^9 ticks make a second, else 0: then arithmetic needs more than 53 bits. */
	readonly decimalTicks: number;
	readonly offsetSeconds: number;
};

/** From if_tsresol: a negative power of ten, or of two where the highest bit is set. Absent: microseconds. */
export const createClock = (resolution: number, offsetSeconds: number): Clock => {
	const power = resolution & 0x7F;
	const isDecimal = (resolution & 0x80) === 0;
	return {
		ticksPerSecond: (isDecimal ? 10n : 2n) ** BigInt(power),
		decimalTicks: isDecimal && power <= 9 ? 10 ** power : 0,
		offsetSeconds,
	};
};

type TimeTarget = {seconds: number; nanoseconds: number};

const setLargeTime = (target: TimeTarget, clock: Clock, ticks: bigint): void => {
	target.seconds = Number(ticks / clock.ticksPerSecond) + clock.offsetSeconds;
	target.nanoseconds = Number(((ticks % clock.ticksPerSecond) * BigInt(NANOSECONDS)) / clock.ticksPerSecond);
};

/** Sets the time from the two halves of a 64-bit tick count. Long division in steps of 16 bits: every intermediate value is an exact number. */
export const setPcapngTime = (target: TimeTarget, clock: Clock, high: number, low: number): void => {
	const ticks = clock.decimalTicks;
	if (ticks === 0) {
		setLargeTime(target, clock, (BigInt(high) << 32n) | BigInt(low));
		return;
	}

	const quotientHigh = Math.floor(high / ticks);
	const upper = ((high - (quotientHigh * ticks)) * 65_536) + (low >>> 16);
	const quotientMiddle = Math.floor(upper / ticks);
	const lower = ((upper - (quotientMiddle * ticks)) * 65_536) + (low & 0xFF_FF);
	const quotientLow = Math.floor(lower / ticks);
	target.seconds = (quotientHigh * 4_294_967_296) + (quotientMiddle * 65_536) + quotientLow + clock.offsetSeconds;
	target.nanoseconds = (lower - (quotientLow * ticks)) * (NANOSECONDS / ticks);
};
