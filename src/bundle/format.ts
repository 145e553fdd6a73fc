/** The major number changes where an older hairpin would misread the file; the minor one where it only misses something. */
export const bundleFormat = {major: 1, minor: 1} as const;

export const manifestName = 'manifest.json';
export const endName = 'end.json';

/** The mode of files that hold an incident: readable by their owner alone, since they say much about a cluster. */
export const ownerOnly = 0o600;
export const changeName = 'change.json';

/** The first entry of a bundle. */
export type Manifest = {
	readonly format: 'hairpin-bundle';
	readonly major: number;
	readonly minor: number;
	readonly tool: string;
	/** Seconds since 1970. */
	readonly startedAt: number;
	/** What was asked for: a Service, and the client where one was named. */
	readonly service: string;
	readonly from: string | undefined;
	readonly namespace: string | undefined;
	readonly timeoutMs: number;
	/** Names and addresses in it are pseudonyms (since 1.1). */
	readonly redacted?: boolean;
};

/** In the bundle of what a change led to: which one, and what was told while it was made. */
export type MadeChange = {readonly change: string; readonly news: ReadonlyArray<{readonly atMs: number; readonly says: string}>};

/** The world of the incident itself; others hold what was asked besides. */
export const incidentWorld = 'found';

/** The last entry: SHA-256 of every entry before it. Where it is missing, the session was cut off. */
export type End = {readonly hashes: Readonly<Record<string, string>>};

/** No entry may be longer, all of them together may not, and there may not be more. */
export const limits = {entryBytes: 64_000_000, totalBytes: 256_000_000, entries: 100_000} as const;
