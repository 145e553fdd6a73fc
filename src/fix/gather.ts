import {performance} from 'node:perf_hooks';
import type {Access} from '../access/access.ts';
import type {Node} from '../cluster/cluster.ts';
import type {Kubectl, KubectlProgram} from '../cluster/kubectl.ts';
import {dig, readText} from '../cluster/read-json.ts';
import type {ProxyDeployment} from '../changes/change.ts';
import {findOwner, findProxyDeployment} from '../changes/objects.ts';
import {readNode} from '../evidence/collect.ts';
import type {NodeEvidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {findNodes} from '../fleet/find-nodes.ts';
import type {FixOptions} from '../options.ts';
import type {Cell} from '../probes/matrix.ts';
import {planClientProbe, planOtherProbes} from '../probes/plan.ts';
import {type ProbePlan, describeProbe, probe} from '../probes/probe.ts';
import {type SessionTools, runSession} from '../session.ts';
import type {SessionEvent, SessionState} from '../session-state.ts';
import {type Target, resolveTarget} from '../target.ts';
import {UserFacingError} from '../user-facing-error.ts';

export type Incident = {
	readonly options: FixOptions & {readonly service: string};
	readonly kubectl: KubectlProgram;
	/** Outlives the sessions that use it. */
	readonly access: Access;
	readonly tell: (event: SessionEvent) => void;
	/** How the session differs from others, such as that it is kept. */
	readonly more?: Partial<SessionTools>;
	readonly signal: AbortSignal;
};

const silent: SessionTools['onJudged'] = () => undefined;

/** Finds out what there is to repair, or whether it is. */
export const examine = async ({options, kubectl, access, tell, more, signal}: Incident): Promise<SessionState> => runSession({
	resolveTarget: async () => resolveTarget(kubectl, {service: options.service, from: options.from}),
	openAccess: () => access,
	onEvent: tell,
	onJudged: silent,
	now: () => performance.now(),
	signal,
	probeTimeoutMs: options.timeoutMs,
	...more,
});

const leaveUnasked = ({point, tries, ...cell}: ProbePlan, error: string): Cell => ({
	...cell, attempts: [], command: describeProbe({point, tries, ...cell}, 'bash'), error,
});

/** The probes alone, without captures: whether something got worse shows in seconds. */
export const probeAgain = async (access: Access, target: Target | undefined, {timeoutMs, signal}: {readonly timeoutMs: number; readonly signal: AbortSignal}): Promise<readonly Cell[]> => {
	const plans = target === undefined ? [] : [planClientProbe(target), ...planOtherProbes(target)];
	const connections = new Map(await Promise.all([...new Set(plans.map(({fromNode}) => fromNode))].map(async node => [node, await access.connect(node)] as const)));
	return Promise.all(plans.map(async plan => {
		const connection = connections.get(plan.fromNode);
		return connection?.ok === false ? leaveUnasked(plan, connection.because) : probe(access, plan, timeoutMs, signal);
	}));
};

/** The nodes that a change is for: those named, all, or those that take part. */
export const chooseNodes = async (kubectl: Kubectl, options: Pick<FixOptions, 'isAllNodes' | 'nodes'>, state: SessionState | undefined, signal: AbortSignal): Promise<readonly Node[]> => {
	if (options.isAllNodes || options.nodes.length > 0) {
		const {nodes, isWhole, notes} = await findNodes(kubectl, {names: options.nodes, selector: undefined}, signal);
		if (!isWhole) {
			throw new UserFacingError(`not all nodes are known: ${notes.join('; ')}`, 'name them: --node NODE, for each');
		}

		return nodes.filter(({os}) => os === '' || os === 'linux');
	}

	if (state?.target === undefined) {
		throw new UserFacingError('it is not said on which nodes', 'say --all-nodes, or --node NODE for each; or name the Service, and it is done on the nodes that take part');
	}

	return state.target.nodes.values().toArray();
};

/** Opens the way onto a node. Throws where there is none: half a fleet is worse than none. */
export const reachNode = async (access: Access, node: string): Promise<void> => {
	const connection = await access.connect(node);
	if (!connection.ok) {
		throw new UserFacingError(`${node} cannot be reached: ${connection.because}`, `${connection.tryThis}; or leave it out with --node for the others`);
	}
};

/** Reads those of the nodes that were not read yet. Throws where one cannot be. */
export const readNodes = async (access: Access, nodes: readonly Node[], state: SessionState | undefined, signal: AbortSignal): Promise<ReadonlyMap<string, NodeEvidence>> => {
	const question = {vip: state?.target?.service.clusterIp ?? '', endpointIps: state?.target?.endpoints.map(({ip}) => ip) ?? [], signal};
	const entries = await Promise.all(nodes.map(async ({name}): Promise<readonly [string, NodeEvidence]> => {
		const known = state?.nodes.get(name);
		if (known) {
			return [name, known];
		}

		await reachNode(access, name);
		const news = await readNode(access, name, question);
		if (news.type !== 'node-read') {
			throw new UserFacingError(`${name} cannot be read${news.type === 'point-unreachable' ? `: ${news.because}` : ''}`, 'leave it out with --node for the others');
		}

		return [name, news.evidence];
	}));
	return new Map(entries);
};

/** Who runs kube-proxy: told by its process, by the node's maker, and by the API. */
export const findProxy = async (kubectl: Kubectl, nodes: readonly Node[], evidence: ReadonlyMap<string, NodeEvidence>): Promise<ProxyDeployment> => {
	const first = nodes.at(0);
	const answer = first && await kubectl.getRaw(`/api/v1/nodes/${encodeURIComponent(first.name)}`);
	const providerId = answer?.ok === true ? readText(dig(answer.value, 'spec', 'providerID')) : '';
	const program = valueOf(evidence.get(first?.name ?? '')?.kubeProxy)?.argv.at(0) ?? '';
	return findOwner(program, providerId, first?.kubeletVersion ?? '') ?? findProxyDeployment(kubectl);
};
