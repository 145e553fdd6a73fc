import {performance} from 'node:perf_hooks';
import {Readable} from 'node:stream';
import {type Asked, type KeptIncident, keepIncident} from './bundle/keep-incident.ts';
import {createMemoryFile} from './bundle/memory-file.ts';
import {refuseUnwritable} from './bundle/write-bundle.ts';
import {keepRedacted} from './keep-redacted.ts';
import type {AccessOptions, ClusterOptions} from './options.ts';
import type {Name} from './redact/names.ts';
import {listNames} from './redact/redact-incident.ts';
import {type RedactedBundle, redactBundle} from './redact-bundle.ts';
import {listPlaces} from './redact-report.ts';
import type {SessionState} from './session-state.ts';
import {UserFacingError} from './user-facing-error.ts';

export type BegunBundle = {
	readonly kept: KeptIncident;
	/** Resolves with what was written, where it was redacted. `isWhole` is false where the session broke off. Where it cannot be written, that is told and nothing thrown: the verdict is there all the same. */
	end(isWhole: boolean): Promise<RedactedBundle | undefined>;
};

export type BundleOptions = Asked & AccessOptions & ClusterOptions & {
	/** Keep the whole incident in this file. */
	readonly bundleFile: string | undefined;
	readonly isRedacted: boolean;
	/** Words that the person typed, and that are replaced like names. */
	readonly typed?: readonly string[];
};

export type BundleTools = {
	readonly warn: (line: string) => void;
	readonly formatReport: (state: SessionState) => string;
};

const now = (): number => performance.now();

/** Tells why something could not be done. */
const tellFailure = async <Done>({warn}: Pick<BundleTools, 'warn'>, act: () => Promise<Done>): Promise<Done | undefined> => {
	try {
		return await act();
	} catch (error) {
		if (!(error instanceof UserFacingError)) {
			throw error;
		}

		warn(`hairpin: ${error.because}`);
		warn(`try: ${error.tryThis}`);
		return undefined;
	}
};

const beginPlain = (file: string, options: BundleOptions, tools: BundleTools): BegunBundle => {
	const kept = keepIncident(file, options, now);
	return {
		kept,
		async end(isWhole) {
			await tellFailure(tools, async () => kept.end(isWhole));
			return undefined;
		},
	};
};

/** The same, which remembers the names of every target that is told: those of a later examination are in the timeline alone. */
const rememberNames = (kept: KeptIncident, names: Name[]): KeptIncident => ({
	...kept,
	event(event) {
		if (event.type === 'target-resolved') {
			names.push(...listNames({target: event.target, nodes: new Map()}));
		}

		kept.event(event);
	},
});

/** Until the end it is in memory alone: no disk ever has it with its names. */
const beginRedacted = (file: string, options: BundleOptions, tools: BundleTools): BegunBundle => {
	refuseUnwritable(file);
	const memory = createMemoryFile();
	const names: Name[] = [...listPlaces(options), ...(options.typed ?? []).map(name => ({kind: 'place', name} as const))];
	const kept = rememberNames(keepIncident(memory.target, options, now), names);
	return {
		kept,
		async end(isWhole) {
			await kept.end(isWhole);
			// Also after the session was stopped: it takes no longer than a moment.
			const {signal} = new AbortController();
			const redacted = await tellFailure(tools, async () => redactBundle(file, Readable.from([memory.bytes()]), {names, formatReport: tools.formatReport, signal}));
			if (redacted) {
				await tellFailure(tools, async () => keepRedacted(file, redacted, tools.warn));
			}

			return redacted;
		},
	};
};

/** Begins the bundle that was asked for, if one was. Throws `UserFacingError` where that file cannot be written at all. */
export const beginBundle = (options: BundleOptions, tools: BundleTools): BegunBundle | undefined => {
	const {bundleFile, isRedacted} = options;
	return bundleFile === undefined ? undefined : (isRedacted ? beginRedacted : beginPlain)(bundleFile, options, tools);
};
