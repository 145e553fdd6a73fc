import {performance} from 'node:perf_hooks';
import {Readable} from 'node:stream';
import {type KeptIncident, keepIncident} from './bundle/keep-incident.ts';
import {createMemoryFile} from './bundle/memory-file.ts';
import {refuseUnwritable} from './bundle/write-bundle.ts';
import {keepRedacted} from './keep-redacted.ts';
import type {CheckOptions} from './options.ts';
import {type RedactedBundle, redactBundle} from './redact-bundle.ts';
import {listPlaces} from './redact-report.ts';
import type {SessionState} from './session-state.ts';

export type BegunBundle = {
	readonly kept: KeptIncident;
	/** Resolves with what was written, where it was redacted. `isWhole` is false where the session broke off. */
	end(isWhole: boolean): Promise<RedactedBundle | undefined>;
};

export type BundleTools = {
	readonly warn: (line: string) => void;
	readonly formatReport: (state: SessionState) => string;
};

const now = (): number => performance.now();

const beginPlain = (file: string, options: CheckOptions): BegunBundle => {
	const kept = keepIncident(file, options, now);
	return {
		kept,
		async end(isWhole) {
			if (isWhole) {
				await kept.end();
			}

			return undefined;
		},
	};
};

/** Until the end it is in memory alone: no disk ever has it with its names. */
const beginRedacted = (file: string, options: CheckOptions, {warn, formatReport}: BundleTools): BegunBundle => {
	refuseUnwritable(file);
	const memory = createMemoryFile();
	const kept = keepIncident(memory.target, options, now);
	return {
		kept,
		async end(isWhole) {
			await kept.end(isWhole);
			// Also after the session was stopped: it takes no longer than a moment.
			const {signal} = new AbortController();
			const redacted = await redactBundle(file, Readable.from([memory.bytes()]), {names: listPlaces(options), formatReport, signal});
			await keepRedacted(file, redacted, warn);
			return redacted;
		},
	};
};

/** Begins the bundle that was asked for, if one was. */
export const beginBundle = (options: CheckOptions, tools: BundleTools): BegunBundle | undefined => {
	const {bundleFile, vip, isDryRun, reports} = options;
	if (bundleFile === undefined || vip !== undefined || isDryRun) {
		return undefined;
	}

	return reports?.isRedacted === true ? beginRedacted(bundleFile, options, tools) : beginPlain(bundleFile, options);
};
