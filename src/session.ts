import type {Access, AccessNews} from './access/access.ts';
import {type PairedCapture, armCaptures} from './capture/paired-capture.ts';
import {checks} from './catalogue/index.ts';
import {diagnose, judgeAll} from './diagnosis.ts';
import {collectEvidence} from './evidence/collect.ts';
import {lookFurther} from './look-further.ts';
import {planClientProbe, planOtherProbes} from './probes/plan.ts';
import {type Cell, nameCell} from './probes/matrix.ts';
import {type ProbePlan, probe} from './probes/probe.ts';
import {
	type SessionEvent,
	type SessionState,
	evidenceOf,
	initialState,
	reduce,
} from './session-state.ts';
import type {Target} from './target.ts';

/** An event before the session stamped it with its time. */
export type Happening = SessionEvent extends infer Event ? Event extends SessionEvent ? Omit<Event, 'atMs'> : never : never;

export type SessionTools = {
	readonly resolveTarget: () => Promise<Target>;
	readonly openAccess: (target: Target, tell: (news: AccessNews) => void) => Access;
	/** Called with every event and the state after it. */
	readonly onEvent: (event: SessionEvent, state: SessionState) => void;
	/** Milliseconds since the program was started. */
	readonly now: () => number;
	readonly signal: AbortSignal;
	readonly probeTimeoutMs: number;
	/** Gets the last state while what was made to look is still being held, so that nobody waits for its removal. */
	readonly onJudged: (state: SessionState) => void;
	/** Whether somebody watches how the checks fill in; else they are judged when there is something to conclude. */
	readonly isWatched?: boolean;
	/** Whether nothing but evidence is wanted: no capture, no probe and no verdict. */
	readonly isReadingOnly?: boolean;
	/** Gets the raw captures at the end, to keep them. */
	readonly keepCaptures?: (capture: PairedCapture, target: Target) => Promise<void>;
};

type Session = {
	readonly tools: SessionTools;
	readonly state: () => SessionState;
	readonly tell: (happening: Happening) => void;
};

const evidenceEvents: ReadonlySet<SessionEvent['type']> = new Set(['node-read', 'pod-read', 'probe-answered', 'point-unreachable']);

const createSession = (tools: SessionTools): Session => {
	let state = initialState;
	const tell = (happening: Happening): void => {
		const event: SessionEvent = {...happening, atMs: tools.now()};
		state = reduce(state, event);
		tools.onEvent(event, state);
		const evidence = tools.isWatched === true && evidenceEvents.has(event.type) ? evidenceOf(state) : undefined;
		if (evidence) {
			tell({type: 'checks-judged', findings: judgeAll(checks, evidence)});
		}
	};

	return {tools, state: () => state, tell};
};

const connectNodes = async ({tell}: Session, access: Access, target: Target): Promise<ReadonlySet<string>> => {
	const reached = new Set<string>();
	await Promise.all(target.nodes.keys().map(async node => {
		const connection = await access.connect(node);
		if (connection.ok) {
			reached.add(node);
			tell({type: 'node-reached', node, way: connection.way});
		} else {
			tell({
				type: 'point-unreachable', point: node, because: connection.because, tryThis: connection.tryThis, isForbidden: connection.isForbidden,
			});
		}
	}));
	return reached;
};

// A node that is slow to let us in keeps nobody who wants to leave.
const rejectWhenAborted = async (signal: AbortSignal): Promise<never> => new Promise((_resolve, reject) => {
	const leave = (): void => {
		reject(signal.reason as Error);
	};

	signal.addEventListener('abort', leave, {once: true});
	if (signal.aborted) {
		leave();
	}
});

const judge = ({state, tell}: Session, isFinal: boolean): void => {
	const diagnosis = diagnose(checks, evidenceOf(state()));
	const isNews = isFinal || (diagnosis.cause?.verdict.status === 'broken' && diagnosis.cause.verdict.confidence === 'certain');
	if (isNews) {
		tell({type: 'diagnosed', diagnosis, isFinal});
	}
};

/** Fires the probe that the captures watch. Resolves with the tool's answer, or with undefined when packets settled it long before the tool's own time-out. */
const runClientProbe = async (session: Session, access: Access, plan: ProbePlan, capture: PairedCapture): Promise<Cell | undefined> => {
	const {tools, tell} = session;
	const giveUp = new AbortController();
	const answering = probe(access, plan, tools.probeTimeoutMs, AbortSignal.any([giveUp.signal, tools.signal]));
	const answered = await Promise.race([capture.decided(plan.tries), answering]);
	const cell = answered === true ? undefined : answered;
	tell({type: 'flow-decided', capture: capture.evidence()});
	tell({type: 'probe-answered', cell: capture.settle(plan, cell)});
	judge(session, false);
	giveUp.abort();
	await answering;
	return cell;
};

const runOtherProbes = async ({tools, tell}: Session, access: Access, plans: readonly ProbePlan[]): Promise<void> => {
	await Promise.all(plans.map(async plan => {
		tell({type: 'probe-answered', cell: await probe(access, plan, tools.probeTimeoutMs, tools.signal)});
	}));
};

const probeAndCapture = async (session: Session, access: Access, target: Target, reached: ReadonlySet<string>): Promise<void> => {
	const {tools, tell} = session;
	const reading = collectEvidence(access, target, reached, tell);
	const capture = await armCaptures(access, target, reached, tell);
	await reading;
	tools.signal.throwIfAborted();
	const clientPlan = planClientProbe(target);
	const others = planOtherProbes(target).filter(plan => reached.has(plan.fromNode));
	tell({type: 'probes-fired', cells: [clientPlan, ...others].map(plan => nameCell(plan))});
	const [answered] = await Promise.all([
		reached.has(clientPlan.fromNode) ? runClientProbe(session, access, clientPlan, capture) : undefined,
		runOtherProbes(session, access, others),
	]);
	tell({type: 'capture-stopped', capture: await capture.stop()});
	if (reached.has(clientPlan.fromNode)) {
		tell({type: 'probe-answered', cell: capture.settle(clientPlan, answered)});
	}

	await tools.keepCaptures?.(capture, target);
	await lookFurther({
		access, checks, target, reached, plans: [clientPlan, ...others], timeoutMs: tools.probeTimeoutMs, signal: tools.signal, state: session.state, tell,
	});
};

/** One incident from its target to its diagnosis. Resolves with the last state; throws `UserFacingError` where it cannot begin. */
export const runSession = async (tools: SessionTools): Promise<SessionState> => {
	const session = createSession(tools);
	const target = await tools.resolveTarget();
	session.tell({type: 'target-resolved', target});
	const access = tools.openAccess(target, session.tell);
	try {
		const reached = await Promise.race([connectNodes(session, access, target), rejectWhenAborted(tools.signal)]);
		if (tools.isReadingOnly === true) {
			await collectEvidence(access, target, reached, session.tell);
			return session.state();
		}

		await probeAndCapture(session, access, target, reached);
		judge(session, true);
		tools.onJudged(session.state());
	} finally {
		await access.close();
	}

	return session.state();
};
