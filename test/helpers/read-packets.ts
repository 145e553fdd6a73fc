import {readFileSync} from 'node:fs';
import {createCaptureReader} from '../../src/packets/capture-reader.ts';
import type {CapturedPackets} from '../../src/packets/correlate.ts';
import type {PointRole} from '../../src/packets/flow.ts';
import type {Packet} from '../../src/packets/packet.ts';
import {pcap, type PcapSpec, type Timed} from './packet-builder.ts';

/** All packets of a capture in memory. */
export const readPackets = (bytes: Uint8Array): readonly Packet[] => {
	const reader = createCaptureReader();
	return reader.push(bytes);
};

/** Decodes one packet that is alone in a capture. */
export const readPacket = (bytes: readonly number[], options: PcapSpec & {wireLength?: number} = {}): Packet => readPackets(pcap([{ms: 0, bytes, wireLength: options.wireLength}], options))[0];

/** Path of a shipped capture. */
export const recording = (name: string): string => new URL(`../../recordings/founding-incident/${name}.pcap`, import.meta.url).pathname;

/** A shipped capture as correlation takes it. */
export const recorded = (name: string, role: PointRole): CapturedPackets => ({point: name, role, packets: readPackets(readFileSync(recording(name)))});

/** A constructed capture as correlation takes it; packets without link header. */
export const captured = (point: string, role: PointRole, packets: readonly Timed[]): CapturedPackets => ({point, role, packets: readPackets(pcap(packets, {linkType: 101}))});
