import {formatPacket, type Step} from '../../datapath/journey.ts';
import type {Prediction} from '../../prediction/predict.ts';
import {type Foretold, describePrediction, foretell} from '../../prediction/tell.ts';
import {describeWalk, nameStep} from '../../report/walk-text.ts';
import {type SessionState, evidenceOf} from '../../session-state.ts';
import {
	type Line,
	indentLines,
	line,
	wrap,
} from '../line.ts';
import type {Model} from '../model.ts';
import {marks} from '../theme.ts';

const intro = 'What the rules that were read do to every probe, there and back, each step with the rule or setting that decides it, and whether probes and packets agree. Not followed: tables raw and mangle, rp_filter, limits of conntrack, the network between the nodes.';

const markOf = {agrees: marks.ok, disagrees: marks.broken, unknown: marks.unknown} as const;

// Drawing asks again and again, and the state of an incident is another object after every change.
const told = new WeakMap<SessionState, Foretold>();

const foretellOnce = (state: SessionState): Foretold => {
	const foretold = told.get(state) ?? foretell(evidenceOf(state));
	told.set(state, foretold);
	return foretold;
};

const marked = (agreement: Prediction['agreement'], says: string, width: number): readonly Line[] => wrap(says, width - 4, 'strong')
	.map((text, index): Line => [...line(' ', index === 0 ? [markOf[agreement].sign, markOf[agreement].look] : ' ', ' '), ...text]);

const arrows = {request: '→', reply: '←'} as const;

/** The packet where the step has changed it, and the whole rule. */
const stepText = (step: Step, previous: Step | undefined, width: number): readonly Line[] => {
	const {direction, because, by, packet} = step;
	const isChanged = previous === undefined || formatPacket(packet) !== formatPacket(previous.packet);
	return [
		...indentLines(wrap(`${arrows[direction]} ${nameStep(step)}: ${because}`, width - 6), 4),
		...(isChanged ? indentLines(wrap(formatPacket(packet), width - 9, 'accent'), 8) : []),
		...(by === undefined ? [] : indentLines(wrap(by, width - 9, 'dim'), 8)),
	];
};

const predictionText = (prediction: Prediction, width: number): readonly Line[] => [
	...marked(prediction.agreement, describePrediction(prediction), width),
	...prediction.walks.flatMap(walk => [
		...indentLines(wrap(describeWalk(walk), width - 4), 3),
		...walk.steps.flatMap((step, index) => stepText(step, walk.steps[index - 1], width)),
	]),
	[],
];

/** Every probe, step by step through the rules, for each backend. */
export const walkText = ({state}: Model, width: number): readonly Line[] => {
	if (state.target === undefined) {
		return [line([' there is no target yet', 'dim'])];
	}

	const {predictions, packets} = foretellOnce(state);
	return [
		...indentLines(wrap(intro, width - 3, 'dim'), 1),
		[],
		...packets.flatMap(({agrees, says}) => marked(agrees ? 'agrees' : 'disagrees', says, width)),
		...(packets.length > 0 ? [[]] : []),
		...predictions.flatMap(prediction => predictionText(prediction, width)),
	];
};
