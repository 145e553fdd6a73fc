import {open} from 'node:fs/promises';
import path from 'node:path';
import {quoteWord} from './access/remote-script.ts';
import {ownerOnly} from './bundle/format.ts';
import {type Asked, type KeptIncident, keepIncident} from './bundle/keep-incident.ts';
import {type LateFile, createLateFile} from './bundle/late-file.ts';
import {toOnePcapng} from './capture/keep-captures.ts';
import type {PairedCapture} from './capture/paired-capture.ts';
import {removeRemains} from './remove-remains.ts';
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

type Tell = (line: string) => void;

/** Writes what is kept into a file, from now on as it goes. `notice` is told at once where that ends early, `tell` in the end. */
const writeKept = async (kept: Kept, name: string, {isReplacing = false, tell, notice}: {readonly isReplacing?: boolean; readonly tell: Tell; readonly notice: Tell}): Promise<void> => {
	await writeNew(name, kept.file.keep(name, {
		isReplacing,
		lost(because) {
			kept.name = undefined;
			tell(`cut off   ${name} ends early: ${because}; it opens up to there`);
			notice(`bundle cut off (${because.split(':', 1)[0] ?? ''}): :bundle FILE writes all of it elsewhere; ${name} opens up to there`);
		},
	}), 'name another file with :bundle FILE');
	kept.name = name;
	tell(`kept      hairpin open ${typeWord(name)}`);
};

/** `it.bundle`, then `it-2.bundle`. */
const numberFile = (file: string, number: number): string => {
	const {dir, name, ext} = path.parse(file);
	return number === 1 ? file : path.join(dir, `${name}-${number}${ext}`);
};

/** Writes one incident after the other into the file that was wanted, and those that are called after it. What keeps one from being written keeps nobody from examining. */
const createWantedWriter = (file: string | undefined, tell: Tell) => {
	let count = 0;
	return async (kept: Kept, notice: Tell): Promise<void> => {
		if (file === undefined) {
			return;
		}

		count++;
		try {
			await writeKept(kept, numberFile(file, count), {isReplacing: count === 1, tell, notice});
		} catch (error) {
			if (!(error instanceof UserFacingError)) {
				throw error;
			}

			tell(`not kept  ${error.because}`);
			notice(`${error.because}: ${error.tryThis}`);
		}
	};
};

/** The incident that is examined, as a bundle that is in memory until somebody wants it: in `wantedFile`, if one is named, from its beginning on. */
const createBundleKeeper = (tell: Tell, wantedFile: string | undefined) => {
	const writeWanted = createWantedWriter(wantedFile, tell);
	let kept: Kept | undefined;
	const end = async (): Promise<void> => {
		await kept?.incident.end();
		kept = undefined;
	};

	return {
		/** Begins a bundle, which ends the one before. `notice` is told what becomes of a file that was wanted. */
		async begin(asked: Asked, now: () => number, notice: Tell = () => undefined): Promise<KeptIncident> {
			await end();
			const file = createLateFile();
			const begun: Kept = {
				incident: keepIncident(file.output, asked, now), file, service: asked.service ?? '', name: undefined,
			};
			kept = begun;
			await writeWanted(begun, notice);
			return begun.incident;
		},
		/** What is told of a change goes into the timeline. */
		noteChanges: (beginRepair: BeginRepair): BeginRepair => (state, tools) => beginRepair(state, {
			...tools,
			tell(line) {
				kept?.incident.note('change-told', line);
				tools.tell(line);
			},
		}),
		/** Writes the bundle, from now on as it goes; `notice` is told where that ends early. Resolves with the file's name. */
		async writeBundle(wanted: string | undefined, notice: Tell): Promise<string> {
			if (!kept) {
				throw new UserFacingError('nothing is examined yet', 'press b once there is something to see');
			}

			if (kept.name === undefined) {
				const name = wanted ?? nameFile(kept.service, 'bundle');
				await writeKept(kept, name, {tell, notice});
				return name;
			}

			return kept.name;
		},
		end,
	};
};

/** Writes a file that is not there yet, or none. */
const writePacketsTo = async (name: string, bytes: Uint8Array): Promise<void> => {
	const file = await open(name, 'wx', ownerOnly);
	try {
		await file.writeFile(bytes);
	} catch (error) {
		await removeRemains(name);
		throw error;
	} finally {
		await file.close();
	}
};

/** The packets that were captured last. */
const createPacketsKeeper = (tell: Tell) => {
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
			await writeNew(name, writePacketsTo(name, packets.bytes), 'start hairpin in a directory that can be written to, with room in it');
			packets.name = name;
			tell(`packets   wireshark -N n -r ${name}`);
			return name;
		},
	};
};

/** Remembers what is examined, for files that somebody may want. */
export const createIncidentKeeper = (wantedFile?: string) => {
	const lines: string[] = [];
	const tell = (line: string): void => {
		lines.push(line);
	};

	return {
		...createBundleKeeper(tell, wantedFile),
		...createPacketsKeeper(tell),
		/** What was written, and what opens it. */
		lines: (): readonly string[] => lines,
	};
};
