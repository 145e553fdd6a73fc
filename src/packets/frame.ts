/** One record of a capture file, before anything in it is decoded. Used again for the next record. */
export type Frame = {
	bytes: Uint8Array;
	start: number;
	capturedLength: number;
	wireLength: number;
	/** From 1, as tcpdump and Wireshark count. */
	number: number;
	seconds: number;
	nanoseconds: number;
	linkType: number;
	/** The interface of a pcapng file, counted over all its sections; 0 in a pcap file. */
	captureInterface: number;
};

/** A frame for the reader to fill. */
export const createFrame = (): Frame => ({
	bytes: new Uint8Array(0),
	start: 0,
	capturedLength: 0,
	wireLength: 0,
	number: 0,
	seconds: 0,
	nanoseconds: 0,
	linkType: 0,
	captureInterface: 0,
});
