// Records one practice incident from the cluster as it is now, inside of its network namespace: node test/e2e/record-incident.ts NAME FROM SSH_CONFIG [CHANGE]
// What was found, and what each change would do; then each change is made, what it led to is recorded, and it is put back.
import {mkdirSync, rmSync} from 'node:fs';
import process from 'node:process';
import type {Access} from '../../src/access/access.ts';
import {createAccess} from '../../src/access/create-access.ts';
import {type KeptIncident, keepIncident} from '../../src/bundle/keep-incident.ts';
import type {MadeChange} from '../../src/bundle/format.ts';
import {formatState} from '../../src/check-command.ts';
import {createKubectl} from '../../src/cluster/kubectl.ts';
import {giveConsent} from '../../src/consent.ts';
import {isIdle} from '../../src/fix-command.ts';
import {createFixSession} from '../../src/fix/fix-session.ts';
import {prepareFix} from '../../src/fix/prepare-fix.ts';
import {keepSession} from '../../src/keep-session.ts';
import {type FixOptions, parseOptions} from '../../src/options.ts';
import {recordingOf} from '../../src/practice/read-recordings.ts';
import {practiceIncidents} from '../../src/practice-incidents.ts';
import {formatChangeNews} from '../../src/report/fix-text.ts';
import {tellProgress} from '../../src/report/progress.ts';
import {runSession} from '../../src/session.ts';
import type {SessionState} from '../../src/session-state.ts';
import {resolveTarget} from '../../src/target.ts';
import {undoEntry} from '../../src/undo-command.ts';

const [name, from, sshConfig, only = ''] = process.argv.slice(2);
const incident = practiceIncidents.find(candidate => candidate.name === name)!;
const recordings = new URL('../../recordings/practice/', import.meta.url).pathname;
const service = 'svc/nginx';
const optionsFor = (change: string): FixOptions & {readonly id: string} => ({
	...parseOptions(['fix', change, service, '--from', from, '--all-nodes', '--via', 'ssh', '--ssh-config', sshConfig, '--yes']) as FixOptions, id: change,
});

const {signal} = new AbortController();
const kubectl = createKubectl(optionsFor('br-netfilter'));
const warn = (text: string): void => {
	process.stderr.write(`${text}\n`);
};

/** Where ssh's files are on this machine is nobody's business. */
const withoutPaths = (access: Access): Access => ({
	...access,
	stream(point, script) {
		const stream = access.stream(point, script);
		return {...stream, command: stream.command.replaceAll(/-F \S+ |-o ControlPath=\S+ /gv, '')};
	},
});

const openAccess = (addresses: Map<string, string>): Access => withoutPaths(createAccess(optionsFor('br-netfilter'), {addressOf: node => addresses.get(node), kubectl, tell: () => undefined}));

/** Records what is found. Access stays open. */
const recordSession = async (kept: KeptIncident, access: Access, addresses: Map<string, string>): Promise<SessionState> => {
	const startedAt = performance.now();
	const tell = tellProgress(warn);
	return runSession(keepSession(kept, {
		resolveTarget: async () => resolveTarget(kept.kubectl(kubectl), {service, from}),
		openAccess({nodes}) {
			for (const {name: node, internalIp} of nodes.values()) {
				addresses.set(node, internalIp);
			}

			return {...access, close: async () => undefined};
		},
		onEvent: tell,
		onJudged: () => undefined,
		now: () => performance.now() - startedAt,
		signal,
		probeTimeoutMs: optionsFor('br-netfilter').timeoutMs,
	}, formatState));
};

/** Begins a bundle, records what is found into it and what `besides` asks, and ends it. */
const record = async (file: string, besides: (kept: KeptIncident, state: SessionState, access: Access, addresses: Map<string, string>) => Promise<void> | void): Promise<void> => {
	const addresses = new Map<string, string>();
	const access = openAccess(addresses);
	const kept = keepIncident(`${recordings}${file}`, {
		service, from, namespace: undefined, timeoutMs: optionsFor('br-netfilter').timeoutMs,
	}, () => performance.now());
	try {
		const state = await recordSession(kept, access, addresses);
		warn(`${file}: ${state.diagnosis?.sentence ?? 'no verdict'}`);
		await besides(kept, state, access, addresses);
		await kept.end();
	} finally {
		await access.close();
	}
};

/** Makes a change for real, and records what it led to. */
const recordChange = async (change: string): Promise<void> => {
	const options = optionsFor(change);
	const news: Array<MadeChange['news'][number]> = [];
	const startedAt = performance.now();
	const session = createFixSession({
		options, kubectl, consent: giveConsent(options), tellSession: () => undefined, signal,
		tellChange(told) {
			const says = formatChangeNews(told);
			warn(says);
			// The journal is a file of whoever recorded it.
			if (told.type !== 'journal-written') {
				news.push({atMs: performance.now() - startedAt, says});
			}
		},
	});
	try {
		const fix = await session.prepare();
		if (isIdle(fix)) {
			warn(`${change}: nothing is to be done`);
			return;
		}

		const result = await session.carryOut(fix, giveConsent(options));
		if (!result.isApplied) {
			throw new Error(result.because);
		}

		await record(recordingOf(incident, change), kept => {
			kept.change({change, news});
		});
		await undoEntry({
			...options, command: 'undo', id: result.entry.id, isList: false,
		}, result.entry, giveConsent(options), {write: warn, warn});
	} finally {
		await session.close();
	}
};

/** What was found, and what each change would do. */
const recordFound = async (): Promise<void> => record(recordingOf(incident), async (kept, state, access, addresses) => {
	for (const change of incident.changes) {
		const besides = kept.besides(change);
		// eslint-disable-next-line no-await-in-loop
		await prepareFix(state, {
			options: optionsFor(change), kubectl: besides.kubectl(kubectl), access: besides.access(access), signal,
			onNodes(nodes) {
				for (const {name: node, internalIp} of nodes) {
					addresses.set(node, internalIp);
				}
			},
		});
	}
});
if (only === '') {
	rmSync(`${recordings}${name}`, {recursive: true, force: true});
	mkdirSync(`${recordings}${name}`, {recursive: true});
	await recordFound();
}

for (const change of only === '' ? incident.changes : [only]) {
	// eslint-disable-next-line no-await-in-loop
	await recordChange(change);
}
