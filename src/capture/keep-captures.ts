import {Buffer} from 'node:buffer';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {readRawPackets, writePcapng} from '../packets/write-pcapng.ts';
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

const fileNameOf = (label: string, role: string): string => `${role}-${label.replaceAll(/[^\w\-.]/gv, '_')}.pcapng`;

/** Writes one pcapng file for each point that captured something into a directory, which is made where there is none. */
export const keepCaptures = (directory: string, tell: (line: string) => void) => async (capture: PairedCapture, target: Target): Promise<void> => {
	const names = namesOf(target);
	try {
		await mkdir(directory, {recursive: true});
		await Promise.all(capture.raw().map(async ({plan, chunks}) => {
			const {linkType, packets} = readRawPackets(Buffer.concat(chunks));
			const interfaceName = plan.point.kind === 'pod' ? plan.point.pod : plan.point.node;
			const file = path.join(directory, fileNameOf(plan.label, plan.role));
			await writeFile(file, writePcapng([{
				interfaceName, description: `${plan.role} ${plan.label}, ${plan.filter}`, linkType, packets,
			}], names));
			tell(`kept ${packets.length} packets in ${file}`);
		}));
	} catch (error) {
		throw new UserFacingError(`the captures cannot be kept in ${directory}: ${error instanceof Error ? error.message : String(error)}`, 'name a directory that can be written, with room in it: --captures DIR');
	}
};
