import {countFailing, formatMatrix} from '../report/matrix-text.ts';
import {formatInventory} from '../report/inventory.ts';
import {formatFlow} from '../report/ladder-text.ts';
import {formatTable, wrapText} from '../report/table.ts';
import type {SessionState} from '../session-state.ts';
import {
	type Judged,
	judgeCapture,
	judgeCells,
	judgeDiagnosis,
	judgeFlow,
	judgeInventory,
	tellingFlow,
} from './expect.ts';
import {type Ran, judgeCommand} from './run-command.ts';
import type {
	CaptureExpectation,
	CheckExpectation,
	CommandExpectation,
	CompareExpectation,
	InventoryExpectation,
	ProbeExpectation,
	Step,
	VerifyExpectation,
} from './runbook.ts';
import {
	type Done,
	type Scene,
	examine,
	fill,
	noteTarget,
} from './scene.ts';

const width = 110;

const wrap = (text: string): readonly string[] => wrapText(text, width, '  ');

const describeJudged = ({what, wanted, found}: Judged): string => `${what}: ${wanted} was expected, ${found} was found`;

/** What expectations come to: the first that is not met decides, else the first that could not be told. */
export const conclude = (expectations: readonly Judged[], evidence: readonly string[], otherwise: string): Done => {
	const worst = expectations.find(({isMet}) => isMet === false) ?? expectations.find(({isMet}) => isMet === undefined);
	if (worst) {
		return {
			outcome: worst.isMet === false ? 'unmet' : 'undecided', says: describeJudged(worst), expectations, evidence,
		};
	}

	return expectations.length === 0
		? {outcome: 'done', says: otherwise, evidence}
		: {
			outcome: 'met', says: expectations.length === 1 ? `${expectations[0].what}: ${expectations[0].found}, as expected` : `all ${expectations.length} expectations are met`, expectations, evidence,
		};
};

const inventory = async (scene: Scene, expectation: InventoryExpectation): Promise<Done> => {
	const state = scene.state ?? await scene.tools.looker.read();
	noteTarget(scene, state.target);
	return conclude(judgeInventory(state, expectation), state.target ? formatInventory(state, state.target) : [], `${state.target?.endpoints.length ?? 0} endpoints, ${state.target?.nodes.size ?? 0} nodes`);
};

const probe = async ({tools, values}: Scene, expectation: ProbeExpectation): Promise<Done> => {
	const cells = await tools.looker.probe();
	return conclude(judgeCells(cells, expectation), formatMatrix(cells, values.get('vip') ?? ''), countFailing(cells));
};

const tellVerdict = ({diagnosis}: SessionState): readonly string[] => (diagnosis
	? [...wrap(`${diagnosis.conclusion}: ${diagnosis.sentence}`), ...diagnosis.latent.flatMap(({check, verdict}) => wrap(`latent: ${check.id}: ${verdict.because}`))]
	: []);

const tellFindings = ({diagnosis}: SessionState, ids: readonly string[]): readonly string[] => (diagnosis?.findings ?? [])
	.filter(({check}) => ids.includes(check.id))
	.flatMap(({check, verdict}) => wrap(`${check.id}: ${verdict.status}: ${verdict.because}`));

const check = async (scene: Scene, expectation: CheckExpectation): Promise<Done> => {
	const state = scene.state ?? await examine(scene);
	return conclude(judgeDiagnosis(state, expectation), [...tellVerdict(state), ...tellFindings(state, Object.keys(expectation.checks ?? {}))], state.diagnosis?.conclusion ?? 'undecided');
};

const capture = async (scene: Scene, expectation: CaptureExpectation): Promise<Done> => {
	const state = await examine(scene);
	const points = state.capture?.points ?? [];
	const lines = formatTable(points.map(({role, label, packets, problem}) => [role, label, problem ?? `${packets} packets`]));
	return conclude(judgeCapture(state, expectation), lines, `captured at ${points.filter(({problem}) => problem === undefined).length} points`);
};

const compare = async (scene: Scene, expectation: CompareExpectation): Promise<Done> => {
	const state = scene.state ?? await examine(scene);
	const flow = tellingFlow(state);
	return conclude(judgeFlow(state, expectation), flow ? formatFlow(flow) : [], flow ? `the attempt ended: ${flow.ending}` : 'nothing was captured that could be lined up');
};

const verify = async (scene: Scene, expectation: VerifyExpectation | null): Promise<Done> => {
	const state = await examine(scene);
	const {conclusion, cause, ...cells} = expectation ?? {};
	// Nothing said of probes means all of them.
	const wanted: ProbeExpectation = conclusion === undefined && cause === undefined && Object.keys(cells).length === 0 ? {all: 'open'} : cells;
	return conclude([...judgeCells(state.matrix, wanted), ...judgeDiagnosis(state, {conclusion, cause})], [...formatMatrix(state.matrix, scene.values.get('vip') ?? ''), ...tellVerdict(state)], countFailing(state.matrix));
};

const mostLines = 20;

const tellOutput = (text: string): readonly string[] => {
	const lines = text.trimEnd().split('\n').map(line => line.slice(0, 400));
	return text.trim() === '' ? [] : [...lines.slice(0, mostLines), ...(lines.length > mostLines ? [`… ${lines.length - mostLines} more lines`] : [])];
};

const tellRan = ({point, exitCode, stdout, stderr, because}: Ran): readonly string[] => [
	exitCode === undefined ? `${point}: not run: ${because}` : `${point}: exit code ${exitCode}`,
	...[...tellOutput(stdout), ...(exitCode === 0 ? [] : tellOutput(stderr))].map(line => `  ${line}`),
];

const fillExpectation = (scene: Scene, expectation: CommandExpectation = {}): CommandExpectation => {
	const filled = (text: string | undefined): string | undefined => (text === undefined ? undefined : fill(scene, text));
	return {
		...expectation, equals: filled(expectation.equals), contains: filled(expectation.contains), lacks: filled(expectation.lacks),
	};
};

type RunStep = Extract<Step, {run: unknown}>;

const usualSeconds = 10;

const run = async (scene: Scene, {run: words, at, expect, seconds = usualSeconds}: RunStep): Promise<Done> => {
	const argv = words.map(word => fill(scene, word));
	const expectation = fillExpectation(scene, expect);
	const all = await scene.tools.looker.run(at, argv, seconds);
	if (all.length === 0) {
		return {outcome: 'undecided', says: `there is no running backend to run a command ${at === 'backend' ? 'in' : 'on the node of'}`};
	}

	return conclude(all.flatMap(ran => judgeCommand(ran, expectation)), all.flatMap(ran => tellRan(ran)), 'it ran');
};

/** The steps that look at something, and change nothing. */
export const lookingDeeds = {
	inventory: async (scene: Scene, step: Extract<Step, {inventory: unknown}>) => inventory(scene, step.inventory ?? {}),
	probe: async (scene: Scene, step: Extract<Step, {probe: unknown}>) => probe(scene, step.probe ?? {}),
	check: async (scene: Scene, step: Extract<Step, {check: unknown}>) => check(scene, step.check ?? {}),
	capture: async (scene: Scene, step: Extract<Step, {capture: unknown}>) => capture(scene, step.capture ?? {}),
	compare: async (scene: Scene, step: Extract<Step, {compare: unknown}>) => compare(scene, step.compare ?? {}),
	verify: async (scene: Scene, step: Extract<Step, {verify: unknown}>) => verify(scene, step.verify),
	run,
} as const;
