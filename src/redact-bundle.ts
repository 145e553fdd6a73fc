import {Buffer} from 'node:buffer';
import {randomBytes} from 'node:crypto';
import {Readable} from 'node:stream';
import type {RecordedLine} from './access/recording.ts';
import {
	type Manifest,
	bundleFormat,
	changeName,
	manifestName,
} from './bundle/format.ts';
import {createMemoryFile} from './bundle/memory-file.ts';
import {type Bundle, unpackBundle} from './bundle/read-bundle.ts';
import {createBundleWriter} from './bundle/write-bundle.ts';
import {fileNameOf, toPcapng} from './capture/keep-captures.ts';
import {cleanLine} from './clean.ts';
import {cellOutcome} from './probes/matrix.ts';
import {runRecorded} from './recorded-session.ts';
import {type BundleRedactor, createBundleRedactor} from './redact/bundle-redactor.ts';
import {listParts} from './redact/bundle-parts.ts';
import {isOfEvidence} from './redact/evidence-words.ts';
import {findLeak} from './redact/find-leak.ts';
import {learnNames, namesInText} from './redact/learn-names.ts';
import {type Addresses, listAddresses} from './redact/list-originals.ts';
import type {Name} from './redact/names.ts';
import {hideComments, hideFileComments} from './redact/redact-comments.ts';
import {redactLines} from './redact/redact-lines.ts';
import {redactWords} from './redact/redact-words.ts';
import type {Replaced} from './redact/redactor.ts';
import type {SessionState} from './session-state.ts';
import {UserFacingError} from './user-facing-error.ts';

type Unpacked = Awaited<ReturnType<typeof unpackBundle>>;

type Judged = {readonly state: SessionState | undefined; readonly captures: ReadonlyMap<string, Uint8Array>};

export type RedactTools = {
	/** Names that are known besides those in the bundle. */
	readonly names: readonly Name[];
	/** The JSON report of what is judged. */
	readonly formatReport: (state: SessionState) => string;
	readonly signal: AbortSignal;
};

export type RedactedBundle = {
	readonly bytes: Buffer;
	/** As it is judged with pseudonyms; undefined where it ends before there is anything to judge. */
	readonly state: SessionState | undefined;
	/** Whether it is judged as before. */
	readonly isSame: boolean;
	readonly replaced: Replaced;
	/** The same pseudonyms for what was told meanwhile. */
	readonly text: (text: string) => string;
};

// An address may by chance be the pseudonym of another one: then another key is tried.
const mostKeys = 4;

// Each of them is looked for everywhere: an incident has a few hundred.
const most = {bytes: 64_000_000, names: 5000, ips: 50_000} as const;

const refuseHuge = (file: string, isHuge: boolean): void => {
	if (isHuge) {
		throw new UserFacingError(`${file} cannot be redacted: it holds more than any incident does`, 'look at what is in it: tar tvzf FILE');
	}
};

const damaged = (file: string): UserFacingError => new UserFacingError(`${file} cannot be redacted: it holds something that no bundle holds`, 'ask whoever sent it for the file as it was written');

/** Judges a recording. Where it ends too early to be judged, there is no state. */
const judge = async (bundle: Bundle, signal: AbortSignal): Promise<Judged> => {
	const captures = new Map<string, Uint8Array>();
	try {
		const state = await runRecorded(bundle, {
			speed: Infinity,
			onEvent: () => undefined,
			signal,
			async keepCaptures(capture, target) {
				for (const {plan, chunks} of capture.raw()) {
					captures.set(`captures/${fileNameOf(plan.label, plan.role)}`, toPcapng({plan, chunks}, target).bytes);
				}
			},
		});
		return {state, captures};
	} catch (error) {
		if (error instanceof UserFacingError && !signal.aborted) {
			return {state: undefined, captures};
		}

		throw error;
	}
};

/** All that a verdict says but for names and addresses. */
const describeVerdict = ({state}: Judged): string => JSON.stringify([
	state?.diagnosis?.conclusion,
	state?.diagnosis?.cause?.check.id,
	state?.findings.map(({check, verdict}) => [check.id, verdict.status]),
	state?.matrix.map(cell => [cell.role, cell.path, cellOutcome(cell)]),
	// The packets that prove it.
	state?.diagnosis?.cause?.verdict.because.match(/frame \d+/gv),
]);

// What this hairpin does not know is left out.
const redactManifest = ({format, major, tool, startedAt, service, from, namespace, timeoutMs}: Manifest, text: (text: string) => string): Manifest => ({
	format,
	major,
	minor: bundleFormat.minor,
	tool: text(tool),
	startedAt,
	service: text(service),
	from: from === undefined ? undefined : text(from),
	namespace: namespace === undefined ? undefined : text(namespace),
	timeoutMs,
	redacted: true,
});

const formatLines = (lines: readonly unknown[]): string => `${lines.map(line => JSON.stringify(line)).join('\n')}\n`;

const splitLines = (bytes: Buffer): readonly string[] => bytes.toString().split('\n').filter(line => line !== '');

/** The lines of each entry of the recording, redacted; in the order of the entries' names, as a reader has them. */
const shareLines = (entries: Unpacked['entries'], lines: readonly RecordedLine[]): ReadonlyMap<string, string> => {
	let at = 0;
	return new Map(entries.keys().filter(name => name.startsWith('record/')).toArray().toSorted().map(name => {
		const count = splitLines(entries.get(name) ?? Buffer.alloc(0)).length;
		at += count;
		return [name, formatLines(lines.slice(at - count, at))];
	}));
};

// Diffs of files are told in it, with what people wrote beside a setting.
const redactTimeline = (bytes: Buffer, text: (text: string) => string): string =>
	formatLines(splitLines(bytes).map(line => redactWords(JSON.parse(line) as unknown, said => text(hideFileComments(hideComments(said))), ['event'])));

/** What is named by the words around it in what was told meanwhile, such as a user by the path of the journal. */
const namesInTimeline = (entries: Unpacked['entries']): readonly Name[] => entries.entries()
	.filter(([name]) => name.startsWith('timeline/'))
	.flatMap(([, bytes]) => namesInText(bytes.toString()))
	.toArray();

/** The entries of the redacted bundle but its first and last one. What this hairpin does not know is left out. */
const composeEntries = ({entries, bundle}: Unpacked, redacted: Bundle, {report, captures}: Pick<Judged, 'captures'> & {readonly report: string | undefined}, text: (text: string) => string): ReadonlyMap<string, string | Uint8Array> => {
	const lines = shareLines(entries, redacted.lines);
	const composed = new Map<string, string | Uint8Array>();
	for (const [name, bytes] of entries) {
		if (name.startsWith('record/')) {
			composed.set(name, lines.get(name) ?? '');
		} else if (name.startsWith('timeline/')) {
			composed.set(name, redactTimeline(bytes, text));
		} else if (name === changeName && bundle.change) {
			composed.set(name, JSON.stringify(redactWords(bundle.change, text, [])));
		} else if (name.startsWith('captures/')) {
			for (const [file, packets] of captures) {
				composed.set(file, packets);
			}
		} else if (name === 'report.json' && report !== undefined) {
			composed.set(name, report);
		}
	}

	return composed;
};

const pack = async (manifest: Manifest, entries: ReadonlyMap<string, string | Uint8Array>, isWhole: boolean): Promise<Buffer> => {
	const memory = createMemoryFile();
	const writer = createBundleWriter(memory.target, manifest);
	for (const [name, content] of entries) {
		if (name !== manifestName) {
			writer.add(name, content);
		}
	}

	await writer.end(isWhole);
	return memory.bytes();
};

type Subject = {readonly unpacked: Unpacked; readonly names: readonly Name[]; readonly addresses: Addresses; readonly before: Judged};

const tryKey = async ({unpacked, before}: Subject, redactor: BundleRedactor, {formatReport, signal}: RedactTools): Promise<RedactedBundle> => {
	const {bundle} = unpacked;
	const redacted: Bundle = {...bundle, manifest: redactManifest(bundle.manifest, redactor.text), lines: redactLines(bundle.lines, redactor)};
	const judged = await judge(redacted, signal);
	const bytes = await pack(redacted.manifest, composeEntries(unpacked, redacted, {captures: judged.captures, report: judged.state && formatReport(judged.state)}, redactor.text), bundle.isWhole);
	return {
		bytes, state: judged.state, isSame: describeVerdict(judged) === describeVerdict(before), replaced: redactor.replaced(), text: redactor.text,
	};
};

/** What is found in it again of what was replaced. */
const search = async ({names, addresses: {ips, macs}}: Subject, {addresses}: BundleRedactor, bytes: Buffer): Promise<string | undefined> => {
	const {entries, bundle} = await unpackBundle('the redacted bundle', Readable.from([bytes]));
	return findLeak(listParts(entries, bundle.lines), {
		names: names.map(({name}) => name).filter(name => !isOfEvidence(name)),
		ips: new Set([...ips].filter(ip => addresses.ip(ip) !== ip)),
		macs: new Set([...macs].filter(mac => addresses.mac(mac) !== mac)),
	});
};

const redactUnpacked = async (file: string, subject: Subject, tools: RedactTools): Promise<RedactedBundle> => {
	let leak = '';
	for (let count = 0; count < mostKeys; count++) {
		const redactor = createBundleRedactor({names: subject.names, ...subject.addresses}, randomBytes(32));
		const redacted = await tryKey(subject, redactor, tools); // eslint-disable-line no-await-in-loop
		const found = await search(subject, redactor, redacted.bytes); // eslint-disable-line no-await-in-loop
		if (found === undefined) {
			return redacted;
		}

		leak = found;
	}

	throw new UserFacingError(`no redacted bundle of ${file} is written: ${cleanLine(leak, 80)} would still be in it`, 'please report this; what to send meanwhile: hairpin check … --redact --markdown FILE');
};

/** The same incident with pseudonyms in everything: names, addresses of every layer, ids, secrets. In: the bytes of a bundle. Throws `UserFacingError` rather than giving back one in which an original is found. */
export const redactBundle = async (file: string, source: Readable, tools: RedactTools): Promise<RedactedBundle> => {
	const unpacked = await unpackBundle(file, source);
	try {
		const {entries, bundle} = unpacked;
		refuseHuge(file, entries.values().reduce((sum, {length}) => sum + length, 0) > most.bytes);
		const addresses = listAddresses(listParts(entries, bundle.lines));
		const names = [...learnNames(bundle.lines), ...namesInTimeline(entries), ...tools.names];
		refuseHuge(file, names.length > most.names || addresses.ips.size + addresses.macs.size > most.ips);
		const before = await judge(bundle, tools.signal);
		return await redactUnpacked(file, {
			unpacked, addresses, before, names,
		}, tools);
	} catch (error) {
		throw error instanceof UserFacingError || tools.signal.aborted ? error : damaged(file);
	}
};
