import {writeFile} from 'node:fs/promises';
import {quoteWord} from './access/remote-script.ts';
import {ownerOnly} from './bundle/format.ts';
import {type Asked, type KeptIncident, keepIncident} from './bundle/keep-incident.ts';
import {type LateFile, createLateFile} from './bundle/late-file.ts';
import {toOnePcapng} from './capture/keep-captures.ts';
import type {PairedCapture} from './capture/paired-capture.ts';
import type {Target} from './target.ts';
import {UserFacingError} from './user-facing-error.ts';
import type {BeginRepair} from './ui/repair.ts';

const longestName = 24;

/** `hairpin-nginx-20261127T151500Z.bundle`: what it is about, and when it was written. */
const nameFile = (service: string, extension: 'bundle' | 'pcapng'): string => {
	const about = service.replace(/^\w+\//v, '').replaceAll(/[^\w\-.]/gv, '_').slice(0, longestName);
	return `hairpin-${about}-${new Date().toISOString().replaceAll(/[\-:]|\.\d+/gv, '')}.${extension}`;
};

/** Waits for a new file; why it cannot be written is thrown as a `UserFacingError`. */
const writeNew = async (name: string, writing: Promise<void>, tryThis: string): Promise<void> => {
	try {
		await writing;
	} catch (error) {
		const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
		throw new UserFacingError(isThere ? `${name} exists, and nothing is overwritten` : `${name} cannot be written: ${error instanceof Error ? error.message : String(error)}`, tryThis);
	}
};

const plainWord = /^[\w\-.\/]+$/v;

/** A word as it is typed into a shell. */
const typeWord = (word: string): string => (plainWord.test(word) ? word : quoteWord(word));

type Kept = {readonly incident: KeptIncident; readonly file: LateFile; readonly service: string; name: string | undefined};

/** The incident that is examined, as a bundle that is in memory until somebody wants it. */
const createBundleKeeper = (tell: (line: string) => void) => {
	let kept: Kept | undefined;
	const end = async (): Promise<void> => {
		await kept?.incident.end();
		kept = undefined;
	};

	return {
		/** Begins a bundle, which ends the one before. */
		async begin(asked: Asked, now: () => number): Promise<KeptIncident> {
			await end();
			const file = createLateFile();
			kept = {
				incident: keepIncident(file.output, asked, now), file, service: asked.service ?? '', name: undefined,
			};
			return kept.incident;
		},
		/** What is told of a change goes into the timeline. */
		noteChanges: (beginRepair: BeginRepair): BeginRepair => (state, tools) => beginRepair(state, {
			...tools,
			tell(line) {
				kept?.incident.note('change-told', line);
				tools.tell(line);
			},
		}),
		/** Writes the bundle, from now on as it goes. Resolves with the file's name. */
		async writeBundle(wanted: string | undefined, lost: (because: string) => void): Promise<string> {
			if (!kept) {
				throw new UserFacingError('nothing is examined yet', 'press b once there is something to see');
			}

			if (kept.name !== undefined) {
				return kept.name;
			}

			const name = wanted ?? nameFile(kept.service, 'bundle');
			await writeNew(name, kept.file.keep(name, lost), 'name another file with :bundle FILE');
			kept.name = name;
			tell(`kept      hairpin open ${typeWord(name)}`);
			return name;
		},
		end,
	};
};

/** The packets that were captured last. */
const createPacketsKeeper = (tell: (line: string) => void) => {
	let packets: {readonly service: string; readonly bytes: Uint8Array; name: string | undefined} | undefined;
	return {
		async keepCaptures(capture: PairedCapture, target: Target): Promise<void> {
			packets = {service: target.service.name, bytes: toOnePcapng(capture.raw(), target), name: undefined};
		},
		/** Writes them into one file for Wireshark, once. Resolves with its name. */
		async writePackets(): Promise<string> {
			if (!packets) {
				throw new UserFacingError('the packets are still being captured', 'press w after the verdict');
			}

			if (packets.name !== undefined) {
				return packets.name;
			}

			const name = nameFile(packets.service, 'pcapng');
			await writeNew(name, writeFile(name, packets.bytes, {flag: 'wx', mode: ownerOnly}), 'start hairpin in a directory that can be written to');
			packets.name = name;
			tell(`packets   wireshark -N n -r ${name}`);
			return name;
		},
	};
};

/** Remembers what is examined, for files that somebody may want. */
export const createIncidentKeeper = () => {
	const lines: string[] = [];
	const tell = (line: string): void => {
		lines.push(line);
	};

	return {
		...createBundleKeeper(tell),
		...createPacketsKeeper(tell),
		/** What was written, and what opens it. */
		lines: (): readonly string[] => lines,
	};
};
