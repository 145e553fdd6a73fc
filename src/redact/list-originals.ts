import {createCaptureScanner} from '../packets/scan-capture.ts';
import type {BundleParts} from './bundle-parts.ts';
import {replaceAddresses} from './replace-addresses.ts';
import {createByteMap} from './rewrite-bytes.ts';
import {createFrameRewriter} from './rewrite-frame.ts';

export type Addresses = {readonly ips: ReadonlySet<string>; readonly macs: ReadonlySet<string>};

/** Every address that stands in texts or in packets. The captures are looked at in a copy. */
export const listAddresses = ({texts, captures}: BundleParts): Addresses => {
	const [ips, macs] = [new Set<string>(), new Set<string>()];
	const collect = {
		ip(found: string) {
			ips.add(found);
			return found;
		},
		mac(found: string) {
			macs.add(found.toLowerCase());
			return found;
		},
	};
	for (const text of texts) {
		replaceAddresses(text, collect);
	}

	const look = createFrameRewriter(createByteMap(collect));
	for (const capture of captures) {
		createCaptureScanner().push(Uint8Array.from(capture), frame => {
			look(frame);
		});
	}

	return {ips, macs};
};
