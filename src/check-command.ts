import {performance} from 'node:perf_hooks';
import process from 'node:process';
import {createAccess} from './access/create-access.ts';
import type {KeptIncident} from './bundle/keep-incident.ts';
import {keepCaptures} from './capture/keep-captures.ts';
import {type Check, type Finding, changesFor} from './check.ts';
import {type KubectlProgram, createKubectl} from './cluster/kubectl.ts';
import {formatFrom} from './cluster/pod-label.ts';
import type {Evidence} from './evidence/evidence.ts';
import {type BegunBundle, beginBundle} from './keep-bundle.ts';
import {keepSession} from './keep-session.ts';
import type {AccessOptions, CheckOptions, ReportOptions} from './options.ts';
import {type PlannedNode, formatPlannedObjects} from './planned-objects.ts';
import {
	type Timeline,
	createTimeline,
	formatPrinted,
	stampIncident,
	writeReports,
} from './report-files.ts';
import type {Incident} from './report/incident.ts';
import {formatJson} from './report/json.ts';
import {tellProgress} from './report/progress.ts';
import {formatReport} from './report/text.ts';
import type {RedactedBundle} from './redact-bundle.ts';
import {redactBeside, redactIncident} from './redact-report.ts';
import {type SessionTools, runSession} from './session.ts';
import {type SessionState, evidenceOf} from './session-state.ts';
import {resolveTarget} from './target.ts';
import {UserFacingError} from './user-facing-error.ts';
import {prepareVipCheck} from './vip-check.ts';

export type Output = {
	write(text: string): void;
	warn(text: string): void;
};

/** What a conclusion is as an exit code (design.md §9). */
export const exitCodes = {healthy: 0, fault: 1, undecided: 2} as const;

/** The command that does it all, where hairpin can. */
const typeFix = (evidence: Evidence, check: Check): readonly string[] => {
	const {service, port, client, isFromRules} = evidence.target;
	return isFromRules === true || changesFor(check, evidence).length === 0
		? []
		: [
			`hairpin fix ${check.id} svc/${service.name}:${port.port} --from ${formatFrom(client, service.namespace)} -n ${service.namespace} --all-nodes`,
			'# shows it, asks, verifies; hairpin undo puts it back. By hand:',
		];
};

/** What a person would type to repair a finding: the command that does it all, and the steps by hand. */
export const repairOf = (state: SessionState) => ({check, verdict}: Finding): readonly string[] => {
	if (verdict.status !== 'broken' && verdict.status !== 'latent') {
		return [];
	}

	// There is none before the target is known, but then there is no finding either.
	const evidence = evidenceOf(state);
	return [...typeFix(evidence, check), ...check.repair(evidence)];
};

/** What a person would type to repair the cause, best first; empty without one. */
export const repairsOfCause = (state: SessionState): readonly string[] => (state.diagnosis?.cause ? repairOf(state)(state.diagnosis.cause) : []);

export const exitCodeOf = ({diagnosis}: SessionState): number => exitCodes[diagnosis?.conclusion ?? 'undecided'];

/** Where not one node let us in, there is nothing to report unless the API alone shows a fault. */
const refuseBlindness = ({reached, unreachable, diagnosis}: SessionState): void => {
	const refusal = [...unreachable].toSorted(([a], [b]) => a.localeCompare(b)).at(0);
	if (refusal === undefined || reached.size > 0 || diagnosis?.conclusion === 'fault' || unreachable.values().some(({isForbidden}) => isForbidden === true)) {
		return;
	}

	const [node, {because, tryThis}] = refusal;
	throw new UserFacingError(`no node could be reached; ${node}: ${because}`, tryThis);
};

/** Prints what would be made in the cluster to look at some nodes. Returns the exit code. */
export const printPlan = (options: AccessOptions, nodes: readonly PlannedNode[], output: Output): number => {
	const objects = formatPlannedObjects(options, nodes);
	output.warn(objects === ''
		? 'nothing would be made in the cluster: nodes are reached without pods of our own (these are made with --image IMAGE only)'
		: 'would be made in the cluster for each node that no earlier way reaches, and removed at the end; the namespace only where it does not exist:');
	output.write(objects);
	return 0;
};

const prepareCheck = (options: CheckOptions & {readonly service: string}, kubectl: KubectlProgram, kept: KeptIncident | undefined): Pick<SessionTools, 'resolveTarget' | 'openAccess'> => ({
	resolveTarget: async () => resolveTarget(kept?.kubectl(kubectl) ?? kubectl, {service: options.service, from: options.from}),
	openAccess: ({nodes}, tell) => createAccess(options, {addressOf: node => nodes.get(node)?.internalIp, kubectl, tell}),
});

/** The JSON report of what was judged. */
export const formatState = (state: SessionState): string => formatJson(state, exitCodeOf(state), repairOf(state));

/** What is printed of an incident. */
export type Printed = Pick<CheckOptions, 'isJson' | 'isWalked'>;

/** The report that is printed. */
export const formatIncident = ({isJson, isWalked, reports}: Printed & {readonly reports?: ReportOptions | undefined}, incident: Incident): string => {
	const {state, exitCode, repairOf: repairs} = incident;
	return formatPrinted(reports, incident) ?? (isJson ? formatJson(state, exitCode, repairs) : formatReport(state, repairs, isWalked, process.stdout.columns));
};

/** What was judged, as a report tells it. */
export const stamp = (state: SessionState, timeline: Incident['timeline']): Incident => stampIncident({
	state, exitCode: exitCodeOf(state), repairOf: repairOf(state), timeline, change: undefined,
});

const composeIncident = (options: CheckOptions, state: SessionState, timeline: Timeline, {warn}: Output): Incident => {
	const incident = stamp(state, timeline.entries());
	return options.reports?.isRedacted === true ? redactIncident(incident, {options, repairOf, warn}) : incident;
};

const beginBundleOf = (options: CheckOptions, {warn}: Output): BegunBundle | undefined => {
	const {vip, isDryRun, bundleFile, reports} = options;
	return beginBundle({...options, isRedacted: reports?.isRedacted === true, bundleFile: vip === undefined && !isDryRun ? bundleFile : undefined}, {warn, formatReport: formatState});
};

const runKept = async (session: SessionTools, bundle: BegunBundle | undefined): Promise<{readonly state: SessionState; readonly redacted: RedactedBundle | undefined}> => {
	try {
		const state = await runSession(bundle ? keepSession(bundle.kept, session, formatState) : session);
		return {state, redacted: await bundle?.end(true)};
	} catch (error) {
		await bundle?.end(false);
		throw error;
	}
};

/** `hairpin check`: one incident, headless. Resolves with the exit code (design.md §9). */
export const check = async (options: CheckOptions, output: Output, signal: AbortSignal): Promise<number> => {
	const kubectl = createKubectl({kubeconfig: options.kubeconfig, context: options.context, namespace: options.namespace});
	const bundle = beginBundleOf(options, output);
	const tools = options.vip === undefined ? prepareCheck(options, kubectl, bundle?.kept) : prepareVipCheck(options, {kubectl, tell: output.warn, signal});
	if (options.isDryRun) {
		const nodes = options.vip === undefined ? (await tools.resolveTarget()).nodes.values().toArray() : [];
		return printPlan(options, nodes, output);
	}

	const timeline = createTimeline();
	const tell = tellProgress(output.warn);
	// The report has the pseudonyms of the bundle, which is redacted once it is complete.
	const isWaits = bundle !== undefined && options.reports?.isRedacted === true;
	let incident: Incident | undefined;
	const session: SessionTools = {
		...tools,
		onEvent(event) {
			tell(event);
			timeline.note(event);
		},
		onJudged(judged) {
			refuseBlindness(judged);
			if (isWaits) {
				return;
			}

			incident = composeIncident(options, judged, timeline, output);
			output.write(formatIncident(options, incident));
		},
		now: () => performance.now(),
		signal,
		probeTimeoutMs: options.timeoutMs,
		keepCaptures: options.capturesDirectory === undefined ? undefined : keepCaptures(options.capturesDirectory, output.warn),
	};
	const {state, redacted} = await runKept(session, bundle);
	if (isWaits) {
		incident = redactBeside(stamp(state, timeline.entries()), redacted, repairOf) ?? composeIncident(options, state, timeline, output);
		output.write(formatIncident(options, incident));
	}

	if (incident) {
		await writeReports(options.reports, incident, output);
	}

	return exitCodeOf(state);
};
