import {performance} from 'node:perf_hooks';
import {type Access, type Point, pointLabel} from './access/access.ts';
import {createAccess} from './access/create-access.ts';
import {refuseUnwritable} from './bundle/write-bundle.ts';
import {keepCaptures} from './capture/keep-captures.ts';
import {
	type Output,
	check,
	formatState,
	repairsOfCause,
} from './check-command.ts';
import {checks} from './catalogue/index.ts';
import {findNoCluster} from './cluster/find-no-cluster.ts';
import {createKubectl} from './cluster/kubectl.ts';
import {practise} from './demo-command.ts';
import {changeNames} from './fix/choose-change.ts';
import {chooseFrontEnd, explainLines, readTerminal} from './front-end.ts';
import {createIncidentKeeper} from './incident-keeper.ts';
import {keepSession} from './keep-session.ts';
import type {IncidentOptions} from './options.ts';
import {runSession} from './session.ts';
import type {SessionState} from './session-state.ts';
import {createSharedAccess} from './shared-access.ts';
import {pointOfPod, probedBackends} from './probes/plan.ts';
import {beginRepair, listChanges} from './incident-repair.ts';
import {listCandidates} from './target/list-candidates.ts';
import {showScreens} from './show-screens.ts';
import {resolveTarget} from './target.ts';
import type {IncidentSource, ShellPoint} from './ui/incident-source.ts';
import {UserFacingError} from './user-facing-error.ts';

/** The client, the backends and the client's node, as far as a shell can be had there. */
const listShells = (access: Access | undefined, {target, reached}: SessionState): readonly ShellPoint[] => {
	if (target === undefined || access?.shell === undefined) {
		return [];
	}

	const points: readonly Point[] = [pointOfPod(target.client), ...probedBackends(target).map(pod => pointOfPod(pod)), {kind: 'node', node: target.client.node}];
	return points.filter(({node}) => reached.has(node)).flatMap(point => {
		const argv = access.shell?.(point);
		return argv === undefined ? [] : [{title: point.kind === 'node' ? `node ${point.node}` : `pod ${pointLabel(point)} (network of the pod, tools of ${point.node})`, argv}];
	});
};

/** An incident of the real cluster. */
const createClusterSource = (options: IncidentOptions): IncidentSource => {
	const kubectl = createKubectl({kubeconfig: options.kubeconfig, context: options.context, namespace: options.namespace});
	const shared = createSharedAccess((addressOf, tell) => createAccess(options, {addressOf, kubectl, tell}));
	const keeper = createIncidentKeeper(options.bundleFile);
	const keepInDirectory = options.capturesDirectory === undefined ? undefined : keepCaptures(options.capturesDirectory, () => undefined);
	return {
		checks,
		async run({service, from}, watch, signal, notice) {
			const startedAt = performance.now();
			const now = (): number => performance.now() - startedAt;
			const kept = await keeper.begin({...options, service, from}, now, notice);
			const reader = kept.kubectl(kubectl);
			return runSession(keepSession(kept, {
				resolveTarget: async () => resolveTarget(reader, {service, from}),
				openAccess: (target, tell) => shared.open(target, tell),
				onEvent: watch,
				onJudged: () => undefined,
				now,
				signal,
				probeTimeoutMs: options.timeoutMs,
				isWatched: true,
				async keepCaptures(capture, target) {
					await Promise.all([keeper.keepCaptures(capture, target), keepInDirectory?.(capture, target)]);
				},
			}, formatState));
		},
		repairs: repairsOfCause,
		...(options.isReadOnly ? {whyUnchangeable: 'of --read-only'} : {beginRepair: keeper.noteChanges(beginRepair(options)), changes: changeNames}),
		journal: listChanges,
		list: async () => listCandidates(kubectl),
		shells: state => listShells(shared.access(), state),
		keepBundle: keeper.writeBundle,
		keepPackets: keeper.writePackets,
		filesKept: keeper.lines,
		async close() {
			await shared.close();
			await keeper.end();
		},
	};
};

const runPlain = async (options: IncidentOptions, output: Output, signal: AbortSignal, because: string): Promise<number> => {
	if (options.service === undefined) {
		throw new UserFacingError(`there is nothing to pick from with keys, because ${because}, and no Service was named`, 'name them: hairpin check svc/NAME --from pod/NAME; to practise without a cluster: hairpin demo');
	}

	output.warn(explainLines(because));
	return check({
		...options, command: 'check', service: options.service, vip: undefined, isJson: false, isWalked: false, isDryRun: false,
	}, output, signal);
};

/** Why there is nothing but practice to offer: nothing is named, and there is no cluster to pick from. */
const explainPractice = async (options: IncidentOptions): Promise<string | undefined> => {
	const {service, kubeconfig, context, bundleFile} = options;
	return [service, kubeconfig, context, bundleFile].every(word => word === undefined) ? findNoCluster(createKubectl({kubeconfig, context, namespace: options.namespace})) : undefined;
};

/** `hairpin`: the screens. Resolves with the exit code of the last session. */
export const incident = async (options: IncidentOptions, output: Output, signal: AbortSignal): Promise<number> => {
	const front = chooseFrontEnd(readTerminal(options.isPlain));
	if (front.kind === 'plain') {
		return runPlain(options, output, signal, front.because);
	}

	if (options.bundleFile !== undefined) {
		refuseUnwritable(options.bundleFile);
	}

	const because = await explainPractice(options);
	if (because !== undefined) {
		return practise(undefined, {isHurried: false, notice: `this is the practice incident, since ${because}`}, output, signal);
	}

	return showScreens(createClusterSource(options), options.service === undefined ? undefined : {service: options.service, from: options.from}, output, signal);
};
