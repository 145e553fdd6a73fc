import {createCaptureReader} from '../../src/packets/capture-reader.ts';
import {
	type Comparison,
	comparisons,
	type Ours,
	type Value,
} from './comparisons.ts';
import {flattenLayers} from './layers.ts';
import type {TsharkRow} from './tshark.ts';

/** A value that we and tshark do not agree on, and that no rule explains. */
export type Difference = {
	readonly frame: number;
	readonly protocols: string;
	readonly name: string;
	readonly ours: readonly Value[];
	readonly theirs: readonly Value[];
};

export type ComparisonResult = {
	readonly packets: number;
	/** Values that were the same on both sides. */
	readonly values: number;
	readonly differences: readonly Difference[];
};

/** Decodes a whole capture, cut into chunks of a size. */
export const decodeCapture = (bytes: Uint8Array, chunkLength = bytes.length): {readonly packets: readonly Ours[]; readonly problem: string | undefined} => {
	const reader = createCaptureReader();
	const packets: Ours[] = [];
	for (let at = 0; at < bytes.length; at += chunkLength) {
		for (const packet of reader.push(bytes.subarray(at, at + chunkLength))) {
			packets.push({packet, flat: flattenLayers(packet), interfaceName: reader.interfaces[packet.captureInterface]?.name});
		}
	}

	reader.end();
	return {packets, problem: reader.problem && `${reader.problem.malformed} at ${reader.problem.at}`};
};

/** Four SACK blocks fit in the options of one header. */
const MOST_VALUES_OF_ONE_HEADER = 4;

const isBeginning = (ours: readonly Value[], theirs: readonly Value[]): boolean => ours.every((value, index) => value === theirs[index]);

/**
How many values tshark may give more than we do:
 a header that the snap length cut, and options: see `Comparison` ·
 an IP packet in a fragment of another: we leave it closed ·
 a quoted packet: we keep its addresses, ports and sequence number, tshark gives all its fields, and those before a cut.
*/
const countAllowance = ({whenCut, quoted, isOption}: Comparison, {packet, flat}: Ours): number => {
	const isShort = packet.capturedLength < packet.wireLength;
	const isMayQuote = flat.icmp.length > 0;
	const isClosed = flat.ip.some(ip => ip.isFragment && (ip.protocol === 4 || ip.protocol === 41));
	const isCutHere = packet.isCut === true && whenCut !== 'whole';
	const isCutAfter = isShort && (isMayQuote || isOption === true);
	if (isClosed || isCutHere || isCutAfter) {
		return Infinity;
	}

	return quoted === 'less' ? flat.quotes * MOST_VALUES_OF_ONE_HEADER : 0;
};

const isSame = (comparison: Comparison, ours: Ours, values: {readonly ours: readonly Value[]; readonly theirs: readonly Value[]}): boolean => {
	if (comparison.whenCut === 'skip' && ours.packet.isCut) {
		return true;
	}

	const missing = values.theirs.length - values.ours.length;
	return missing >= 0 && missing <= countAllowance(comparison, ours) && isBeginning(values.ours, values.theirs);
};

const comparePacket = (ours: Ours, row: TsharkRow): {readonly values: number; readonly differences: readonly Difference[]} => {
	const differences: Difference[] = [];
	let values = 0;
	for (const comparison of comparisons) {
		const both = {ours: comparison.ours(ours, row), theirs: comparison.theirs(row)};
		if (isSame(comparison, ours, both)) {
			values += both.ours.length;
		} else {
			differences.push({
				frame: ours.packet.frame,
				protocols: row['frame.protocols'][0],
				name: comparison.name,
				...both,
			});
		}
	}

	return {values, differences};
};

/** Compares every field of every packet. There are as many packets as rows. */
export const comparePackets = (packets: readonly Ours[], rows: readonly TsharkRow[]): ComparisonResult => {
	const results = packets.map((packet, index) => comparePacket(packet, rows[index]));
	return {
		packets: packets.length,
		values: results.reduce((sum, {values}) => sum + values, 0),
		differences: results.flatMap(({differences}) => differences),
	};
};
