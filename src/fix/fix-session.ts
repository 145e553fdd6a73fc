import {type ApplyOutcome, applyChange} from '../changes/apply.ts';
import {isSoInTime} from '../changes/apply-node.ts';
import type {ChangeNews} from '../changes/change-news.ts';
import {isFollowed} from '../changes/is-followed.ts';
import {lockNodes} from '../changes/lock.ts';
import type {Access} from '../access/access.ts';
import type {KeptIncident} from '../bundle/keep-incident.ts';
import type {KubectlProgram} from '../cluster/kubectl.ts';
import type {Consent} from '../consent.ts';
import type {FixOptions} from '../options.ts';
import {type SessionEvent, type SessionState, evidenceOf} from '../session-state.ts';
import type {Target} from '../target.ts';
import {composeEntry} from './compose-entry.ts';
import {examine, probeAgain, reachNode} from './gather.ts';
import {type Hands, createHands} from './hands.ts';
import {type PreparedFix, prepareFix} from './prepare-fix.ts';
import {rejudge} from './rejudge.ts';

export type {PreparedFix} from './prepare-fix.ts';

/** Keeps what a fix asks: the incident as it was found, and in worlds of their own what the change would do and what was found after it. */
export type KeptFix = Pick<KeptIncident, 'access' | 'kubectl' | 'captures' | 'besides'> & {readonly judged: (state: SessionState) => void};

export type FixTools = {
	readonly options: FixOptions & {readonly id: string};
	readonly kubectl: KubectlProgram;
	/** Given beforehand, as with --yes. */
	readonly consent: Consent | undefined;
	readonly tellSession: (event: SessionEvent) => void;
	readonly tellChange: (news: ChangeNews) => void;
	/** Where all that is asked goes as well. */
	readonly kept?: KeptFix | undefined;
	readonly signal: AbortSignal;
};

export type FixResult = ApplyOutcome & {
	/** The same probes afterwards. Undefined where no Service was named, or nothing was applied. */
	readonly after: SessionState | undefined;
};

export type FixSession = {
	/** `found`: the same incident, where it was examined just now; else it is examined first. */
	prepare(found?: SessionState): Promise<PreparedFix>;
	carryOut(fix: PreparedFix, consent: Consent): Promise<FixResult>;
	close(): Promise<void>;
};

const examineFirst = async ({options, kubectl, tellSession, kept, signal}: FixTools, {access}: Hands): Promise<SessionState | undefined> => (options.service === undefined
	? undefined
	: examine({
		options: {...options, service: options.service},
		kubectl: kept?.kubectl(kubectl) ?? kubectl,
		access: kept?.access(access) ?? access,
		tell: tellSession,
		more: kept && {keepCaptures: kept.captures, onJudged: kept.judged},
		signal,
	}));

/** What is looked with, and goes into a world of that name as well. */
const keepBesides = ({kept, kubectl}: FixTools, {access}: Hands, world: string): {readonly kubectl: KubectlProgram; readonly access: Access} => {
	const recorder = kept?.besides(world);
	return {kubectl: recorder?.kubectl(kubectl) ?? kubectl, access: recorder?.access(access) ?? access};
};

/** Rules follow a Service some moments after it was changed. Where they do not in time, that is told, and what is found afterwards tells more. */
const awaitRules = async ({tellChange, signal}: FixTools, {readNode}: Hands, {change, before}: PreparedFix): Promise<void> => {
	const evidence = before && evidenceOf(before);
	if (!evidence || change.recipe.assumeTarget?.(evidence.target, change.value) === undefined) {
		return;
	}

	await Promise.all(evidence.nodes.keys().map(async name => {
		const isSeen = await isSoInTime({readNode, tell: tellChange}, name, {isSo: node => signal.aborted || isFollowed(node, change, evidence), isEnding: false});
		if (!isSeen) {
			tellChange({type: 'rules-late', node: name});
		}
	}));
};

const carryOutFix = async (tools: FixTools, hands: Hands, fix: PreparedFix, consent: Consent): Promise<FixResult> => {
	const {options, kubectl, tellChange, tellSession, signal} = tools;
	const after = keepBesides(tools, hands, 'after');
	await hands.agree(consent);
	const names = fix.nodes.map(({name}) => name);
	await Promise.all(names.map(async name => hands.access.connect(name)));
	const locks = await lockNodes(hands.access, fix.prepared.map(({node}) => node));
	const entry = composeEntry(fix, options);
	const again = async (): Promise<SessionState> => examine({
		options: {...options, service: options.service ?? ''}, ...after, tell: tellSession, signal,
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
			rejudge: fix.before && (async () => rejudge(fix.before?.matrix ?? [], async () => probeAgain(hands.access, fix.before?.target, {timeoutMs: options.timeoutMs, signal}))),
		});
		if (outcome.isApplied) {
			await awaitRules(tools, hands, fix);
		}

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
		async prepare(found) {
			if (found?.target) {
				remember(found.target);
				await Promise.all(found.target.nodes.keys().map(async node => reachNode(hands.access, node)));
			}

			const before = found ?? await examineFirst({...tools, tellSession}, hands);
			return prepareFix(before, {
				...tools,
				...keepBesides(tools, hands, 'change'),
				onNodes(nodes) {
					for (const {name, internalIp} of nodes) {
						addresses.set(name, internalIp);
					}
				},
			});
		},
		carryOut: async (fix, consent) => carryOutFix({...tools, tellSession}, hands, fix, consent),
		close: hands.close,
	};
};
