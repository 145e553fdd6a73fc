import type {Access} from '../access/access.ts';
import {type Recorder, createRecorder} from '../access/recorder.ts';
import {fileNameOf, toPcapng} from '../capture/keep-captures.ts';
import type {PairedCapture} from '../capture/paired-capture.ts';
import type {Kubectl} from '../cluster/kubectl.ts';
import {readBuild} from '../read-build.ts';
import {formatProgress} from '../report/progress.ts';
import type {SessionEvent} from '../session-state.ts';
import type {Target} from '../target.ts';
import {
	type MadeChange,
	bundleFormat,
	changeName,
	incidentWorld,
} from './format.ts';
import {createStripper} from './stripper.ts';
import {stripText} from './strip-secrets.ts';
import {type BundleTarget, createBundleWriter} from './write-bundle.ts';

export type Asked = {
	readonly service: string | undefined;
	readonly from: string | undefined;
	readonly namespace: string | undefined;
	readonly timeoutMs: number;
};

/** An incident that is written into a bundle while it goes. */
export type KeptIncident = {
	access(access: Access): Access;
	kubectl<Reader extends Kubectl>(kubectl: Reader): Reader;
	/** What is asked besides, such as what a change would do, in a world of that name. */
	besides(world: string): Recorder;
	/** How the cluster came to be so. */
	change(made: MadeChange): void;
	event(event: SessionEvent): void;
	/** What came of something that is no event of a session, such as a step of a runbook. */
	note(event: string, says: string): void;
	captures(capture: PairedCapture, target: Target): Promise<void>;
	/** Takes the JSON report. */
	report(json: string): void;
	end(isWhole?: boolean): Promise<void>;
};

// Values only, so that it stays JSON.
const stripJson = (json: string): string => JSON.stringify(JSON.parse(json, (_key, value: unknown) => (typeof value === 'string' ? stripText(value) : value)), undefined, '\t');

/** Begins a bundle. `now` counts milliseconds. */
export const keepIncident = (file: BundleTarget, {service = '', from, namespace, timeoutMs}: Asked, now: () => number): KeptIncident => {
	const stripper = createStripper();
	const writer = createBundleWriter(file, {
		format: 'hairpin-bundle', ...bundleFormat, tool: `hairpin ${readBuild().version}`, startedAt: Math.floor(Date.now() / 1000), service, from, namespace, timeoutMs,
	});
	const createWorld = (world: string): Recorder => createRecorder({
		world,
		now,
		write(line) {
			writer.addLine('record', stripper.line(line));
		},
	});
	const recorder = createWorld(incidentWorld);
	return {
		besides: createWorld,
		change(made) {
			writer.add(changeName, JSON.stringify(made));
		},
		access: access => recorder.access(access),
		kubectl: kubectl => recorder.kubectl(kubectl),
		event(event) {
			writer.addLine('timeline', {atMs: Math.round(event.atMs), event: event.type, says: stripText(formatProgress(event) ?? '')});
		},
		note(event, says) {
			writer.addLine('timeline', {atMs: Math.round(now()), event, says: stripText(says)});
		},
		async captures(capture, target) {
			for (const {plan, chunks} of capture.raw()) {
				const strip = stripper.capture();
				const {bytes} = toPcapng({plan, chunks: chunks.map(chunk => strip(chunk))}, target);
				writer.add(`captures/${fileNameOf(plan.label, plan.role)}`, bytes);
			}
		},
		report(json) {
			writer.add('report.json', stripJson(json));
		},
		end: async isWhole => writer.end(isWhole),
	};
};
