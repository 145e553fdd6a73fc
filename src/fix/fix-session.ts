import {type ApplyOutcome, applyChange} from '../changes/apply.ts';
import {actsOn} from '../changes/apply-node.ts';
import type {ChangeNews} from '../changes/change-news.ts';
import {type Change, nameChange} from '../changes/change.ts';
import {lockNodes} from '../changes/lock.ts';
import {describeWorse} from '../changes/predict.ts';
import {type PreparedNode, prepareNodes} from '../changes/prepare.ts';
import {isRefused} from '../changes/recipes/shared.ts';
import type {Node} from '../cluster/cluster.ts';
import type {KubectlProgram} from '../cluster/kubectl.ts';
import type {Consent} from '../consent.ts';
import type {NodeEvidence} from '../evidence/evidence.ts';
import type {FixOptions} from '../options.ts';
import {type SessionEvent, type SessionState, evidenceOf} from '../session-state.ts';
import type {Target} from '../target.ts';
import {UserFacingError} from '../user-facing-error.ts';
import {chooseChange} from './choose-change.ts';
import {composeEntry} from './compose-entry.ts';
import {
	type Incident,
	chooseNodes,
	examine,
	findProxy,
	probeAgain,
	readNodes,
} from './gather.ts';
import {type Hands, createHands} from './hands.ts';
import {type Preview, previewChange} from './preview.ts';

export type FixTools = {
	readonly options: FixOptions & {readonly id: string};
	readonly kubectl: KubectlProgram;
	/** Given beforehand, as with --yes. */
	readonly consent: Consent | undefined;
	readonly tellSession: (event: SessionEvent) => void;
	readonly tellChange: (news: ChangeNews) => void;
	readonly signal: AbortSignal;
};

/** A change that is ready to be made, with what was found before. */
export type PreparedFix = {
	readonly change: Change;
	readonly prepared: readonly PreparedNode[];
	readonly preview: Preview;
	/** Undefined where no Service was named. */
	readonly before: SessionState | undefined;
	/** Nodes that the change is meant to act on, whether or not something has to be done there. */
	readonly nodes: readonly Node[];
	readonly evidence: ReadonlyMap<string, NodeEvidence>;
};

export type FixResult = ApplyOutcome & {
	/** The same probes afterwards. Undefined where no Service was named, or nothing was applied. */
	readonly after: SessionState | undefined;
};

export type FixSession = {
	prepare(): Promise<PreparedFix>;
	carryOut(fix: PreparedFix, consent: Consent): Promise<FixResult>;
	close(): Promise<void>;
};

/** The node of the client first: that is where an incident shows. */
const orderNodes = (prepared: readonly PreparedNode[], before: SessionState | undefined): readonly PreparedNode[] =>
	prepared.toSorted((a, b) => Number(b.node === before?.target?.client.node) - Number(a.node === before?.target?.client.node));

const planChange = ({recipe, value}: ReturnType<typeof chooseChange>, kitchen: Parameters<typeof recipe.plan>[0]): Change => {
	const plan = recipe.plan(kitchen, value);
	if (isRefused(plan)) {
		throw new UserFacingError(plan.refused, plan.tryThis);
	}

	return {
		id: nameChange(recipe, value), recipe, value, plan,
	};
};

const refuseTimer = ({plan}: Change, {forSeconds}: FixOptions): void => {
	if (forSeconds > 0 && plan.objects.length > 0) {
		throw new UserFacingError('objects of the cluster cannot be put back by a timer: no node would do it', 'leave out --for; hairpin undo --last puts it back at any time');
	}
};

const prepareFix = async ({options, kubectl, tellSession, signal}: FixTools, hands: Hands, addresses: Map<string, string>): Promise<PreparedFix> => {
	const incident: Incident | undefined = options.service === undefined
		? undefined
		: {
			options: {...options, service: options.service}, kubectl, access: hands.access, tell: tellSession, signal,
		};
	const before = incident && await examine(incident);
	const evidence = before && evidenceOf(before);
	const choice = chooseChange(options.id, evidence);
	const nodes = await chooseNodes(kubectl, options, before, signal);
	for (const {name, internalIp} of nodes) {
		addresses.set(name, internalIp);
	}

	const read = await readNodes(hands.access, nodes, before, signal);
	const proxy = await findProxy(kubectl, nodes, read);
	const change = planChange(choice, {nodes: read.values().toArray(), evidence, proxy});
	refuseTimer(change, options);
	const acting = actsOn(change);
	const prepared = await prepareNodes(hands.access, change, node => {
		const known = read.get(node);
		return known !== undefined && acting(known);
	});
	if (isRefused(prepared)) {
		throw new UserFacingError(prepared.refused, prepared.tryThis);
	}

	const ordered = orderNodes(prepared, before);
	return {
		change, prepared: ordered, before, nodes, evidence: read, preview: previewChange(change, ordered, evidence && {...evidence, nodes: new Map([...evidence.nodes, ...read])}, choice.others),
	};
};

const carryOutFix = async (tools: FixTools, hands: Hands, fix: PreparedFix, consent: Consent): Promise<FixResult> => {
	const {options, kubectl, tellChange, tellSession, signal} = tools;
	await hands.agree(consent);
	const names = fix.nodes.map(({name}) => name);
	await Promise.all(names.map(async name => hands.access.connect(name)));
	const locks = await lockNodes(hands.access, fix.prepared.map(({node}) => node));
	const entry = composeEntry(fix, options);
	const again = async (): Promise<SessionState> => examine({
		options: {...options, service: options.service ?? ''}, kubectl, access: hands.access, tell: tellSession, signal,
	});
	try {
		const outcome = await applyChange(fix.change, fix.prepared, entry, {
			consent,
			kubectl,
			access: hands.access,
			renew: hands.renew,
			readNode: hands.readNode,
			tell: tellChange,
			id: entry.id,
			forSeconds: options.forSeconds,
			signal,
			nodes: names,
			rejudge: fix.before && (async () => describeWorse(fix.before?.matrix ?? [], await probeAgain(hands.access, fix.before?.target, {timeoutMs: options.timeoutMs, signal}))),
		});
		return {...outcome, after: fix.before && outcome.isApplied ? await again() : undefined};
	} finally {
		await locks.release();
	}
};

/** One repair from what is found to what is verified. Close it in any case. */
export const createFixSession = (tools: FixTools): FixSession => {
	const addresses = new Map<string, string>();
	let question = {vip: '', endpointIps: [] as readonly string[]};
	const remember = ({service, endpoints, nodes}: Target): void => {
		question = {vip: service.clusterIp, endpointIps: endpoints.map(({ip}) => ip)};
		for (const {name, internalIp} of nodes.values()) {
			addresses.set(name, internalIp);
		}
	};

	const tellSession = (event: SessionEvent): void => {
		if (event.type === 'target-resolved') {
			remember(event.target);
		}

		tools.tellSession(event);
	};

	const hands = createHands({
		options: tools.options,
		kubectl: tools.kubectl,
		addressOf: node => addresses.get(node),
		tell(news) {
			tools.tellSession({...news, atMs: performance.now()});
		},
		consent: tools.consent,
		question: () => question,
	});
	return {
		prepare: async () => prepareFix({...tools, tellSession}, hands, addresses),
		carryOut: async (fix, consent) => carryOutFix({...tools, tellSession}, hands, fix, consent),
		close: hands.close,
	};
};
