import {createPayloadStripper} from '../bundle/strip-payload.ts';
import {createCaptureScanner} from '../packets/scan-capture.ts';
import type {AddressMap} from './address-map.ts';
import {createByteMap} from './rewrite-bytes.ts';
import {createFrameRewriter} from './rewrite-frame.ts';

/** Takes a capture in chunks, gives it back as pcap with headers alone and pseudonyms for every address in them. `hide` maps bytes to as many or more. */
export const createCaptureRewriter = (addresses: AddressMap, hide: (bytes: Uint8Array) => Uint8Array) => {
	const strip = createPayloadStripper(hide);
	const scanner = createCaptureScanner();
	const rewrite = createFrameRewriter(createByteMap(addresses));
	return (chunk: Uint8Array): Uint8Array => {
		// Whole packets, so that they are visited where they stand.
		const stripped = strip(chunk);
		scanner.push(stripped, frame => {
			rewrite(frame);
		});
		return stripped;
	};
};
