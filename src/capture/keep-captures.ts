import {Buffer} from 'node:buffer';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {type RawCapture, readRawPackets, writePcapng} from '../packets/write-pcapng.ts';
import type {Target} from '../target.ts';
import {UserFacingError} from '../user-facing-error.ts';
import type {PairedCapture} from './paired-capture.ts';

/** Names that Wireshark shows for addresses: pods, nodes and the Service. */
const namesOf = ({client, otherClient, backends, nodes, service}: Target): ReadonlyMap<string, string> => new Map([
	...nodes.values().map(({internalIp, name}) => [internalIp, name] as const),
	...[client, ...backends, ...(otherClient ? [otherClient] : [])].map(({ip, name}) => [ip, name] as const),
	// Without an API server there is no name but the address itself.
	[service.namespace === '' ? '' : service.clusterIp, service.name] as const,
].filter(([ip]) => ip !== ''));

/** The file name of a point's capture. */
export const fileNameOf = (label: string, role: string): string => `${role}-${label.replaceAll(/[^\w\-.]/gv, '_')}.pcapng`;

type RawPoint = ReturnType<PairedCapture['raw']>[number];

const readPoint = ({plan, chunks}: RawPoint): RawCapture => ({
	...readRawPackets(Buffer.concat(chunks)),
	interfaceName: plan.point.kind === 'pod' ? plan.point.pod : plan.point.node,
	description: `${plan.role} ${plan.label}, ${plan.filter}`,
});

/** One point's capture as a pcapng file in which pods, nodes and the Service have names. In: pcap bytes. */
export const toPcapng = (point: RawPoint, target: Target): {readonly bytes: Uint8Array; readonly packets: number} => {
	const capture = readPoint(point);
	return {bytes: writePcapng([capture], namesOf(target)), packets: capture.packets.length};
};

/** The captures of all points as one pcapng file, an interface for each. */
export const toOnePcapng = (points: readonly RawPoint[], target: Target): Uint8Array => writePcapng(points.map(point => readPoint(point)), namesOf(target));

/** Writes one pcapng file for each point that captured something into a directory, which is made where there is none. */
export const keepCaptures = (directory: string, tell: (line: string) => void) => async (capture: PairedCapture, target: Target): Promise<void> => {
	try {
		await mkdir(directory, {recursive: true});
		await Promise.all(capture.raw().map(async point => {
			const {bytes, packets} = toPcapng(point, target);
			const file = path.join(directory, fileNameOf(point.plan.label, point.plan.role));
			await writeFile(file, bytes);
			tell(`kept ${packets} packets in ${file}`);
		}));
	} catch (error) {
		throw new UserFacingError(`the captures cannot be kept in ${directory}: ${error instanceof Error ? error.message : String(error)}`, 'name a directory that can be written, with room in it: --captures DIR');
	}
};
