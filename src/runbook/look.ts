import {performance} from 'node:perf_hooks';
import {
	type Access,
	type AccessNews,
	type Point,
	pointLabel,
} from '../access/access.ts';
import type {KeptIncident} from '../bundle/keep-incident.ts';
import type {Kubectl} from '../cluster/kubectl.ts';
import {probeAgain} from '../fix/gather.ts';
import type {Cell} from '../probes/matrix.ts';
import {pointOfPod, probedBackends} from '../probes/plan.ts';
import {type SessionTools, runSession} from '../session.ts';
import type {SessionEvent, SessionState} from '../session-state.ts';
import {createSharedAccess} from '../shared-access.ts';
import {type Target, resolveTarget} from '../target.ts';
import {UserFacingError} from '../user-facing-error.ts';
import {type Ran, runCommandAt} from './run-command.ts';
import type {Place} from './runbook.ts';

/** Everything that a walk looks with. Connections stay open between its steps. */
export type Looker = {
	/** The target as the cluster has it now. */
	resolve(): Promise<Target>;
	/** Reads nodes and pods, without captures and probes. */
	read(): Promise<SessionState>;
	/** All that `hairpin check` does. */
	examine(): Promise<SessionState>;
	/** The probes alone. */
	probe(): Promise<readonly Cell[]>;
	run(place: Place, argv: readonly string[], seconds: number): Promise<readonly Ran[]>;
	/** After a change: connections may have gone with what was restarted. */
	renew(): Promise<void>;
	close(): Promise<void>;
};

export type LookerTools = {
	readonly kubectl: Kubectl;
	readonly createAccess: (addressOf: (node: string) => string | undefined, tell: (news: AccessNews) => void) => Access;
	/** `svc/NAME`; undefined where the runbook has no step that needs one. */
	readonly service: string | undefined;
	readonly from: string | undefined;
	readonly timeoutMs: number;
	readonly tell: (event: SessionEvent) => void;
	/** Keeps the first examination: the incident as it was found. */
	readonly kept?: Pick<KeptIncident, 'access' | 'captures'> & {readonly kubectl: Kubectl; readonly judged: (state: SessionState) => void};
	readonly signal: AbortSignal;
};

const pointsOf = (target: Target, place: Place): readonly Point[] => {
	const backend = probedBackends(target).at(0);
	const backends: readonly Point[] = backend === undefined ? [] : [place === 'backend' ? pointOfPod(backend) : {kind: 'node', node: backend.node}];
	return {
		client: [pointOfPod(target.client)],
		node: [{kind: 'node' as const, node: target.client.node}],
		backend: backends,
		'backend-node': backends,
		'every-node': target.nodes.keys().map(node => ({kind: 'node' as const, node})).toArray(),
	}[place];
};

/** One access after the other. */
const createConnections = (createAccess: LookerTools['createAccess']) => {
	let shared = createSharedAccess(createAccess);
	return {
		open: (target: Target, tell: (news: AccessNews) => void): Access => shared.open(target, tell),
		async renew(): Promise<void> {
			await shared.close();
			shared = createSharedAccess(createAccess);
		},
		close: async (): Promise<void> => shared.close(),
	};
};

const requireService = (service: string | undefined): string => {
	if (service === undefined) {
		throw new UserFacingError('this runbook examines a Service, and none was named', 'name it: hairpin runbook FILE svc/NAME --from pod/NAME');
	}

	return service;
};

type Connections = ReturnType<typeof createConnections>;

const runAt = async ({signal}: LookerTools, access: Access, point: Point, {argv, seconds}: {readonly argv: readonly string[]; readonly seconds: number}): Promise<Ran> => {
	const connection = await access.connect(point.node);
	return connection.ok
		? runCommandAt(access, point, argv, seconds, signal)
		: {
			point: pointLabel(point), exitCode: undefined, stdout: '', stderr: '', because: connection.because,
		};
};

/** How the one session that is kept differs from the others. */
const keeping = ({kubectl, access, captures, judged}: NonNullable<LookerTools['kept']>, connections: Connections, resolve: (reader: Kubectl) => Promise<Target>): Partial<SessionTools> => ({
	resolveTarget: async () => resolve(kubectl),
	openAccess: (target, tell) => access(connections.open(target, tell)),
	keepCaptures: captures,
	onJudged: judged,
});

export const createLooker = (tools: LookerTools): Looker => {
	const {
		kubectl, from, timeoutMs, tell, kept, signal,
	} = tools;
	const connections = createConnections(tools.createAccess);
	let isKept = kept === undefined;
	const resolve = async (reader: Kubectl = kubectl): Promise<Target> => resolveTarget(reader, {service: requireService(tools.service), from});
	const session = async (more: Partial<SessionTools>): Promise<SessionState> => runSession({
		resolveTarget: resolve,
		openAccess: (target, tellAccess) => connections.open(target, tellAccess),
		onEvent: tell,
		onJudged: () => undefined,
		now: () => performance.now(),
		signal,
		probeTimeoutMs: timeoutMs,
		...more,
	});
	const open = async (): Promise<{readonly target: Target; readonly access: Access}> => {
		const target = await resolve();
		return {
			target, access: connections.open(target, news => {
				tell({...news, atMs: performance.now()});
			}),
		};
	};

	return {
		resolve,
		read: async () => session({isReadingOnly: true}),
		async examine() {
			const more = kept === undefined || isKept ? {} : keeping(kept, connections, resolve);
			isKept = true;
			return session(more);
		},
		async probe() {
			const {target, access} = await open();
			return probeAgain(access, target, {timeoutMs, signal});
		},
		async run(place, argv, seconds) {
			const {target, access} = await open();
			return Promise.all(pointsOf(target, place).map(async point => runAt(tools, access, point, {argv, seconds})));
		},
		renew: connections.renew,
		close: connections.close,
	};
};
