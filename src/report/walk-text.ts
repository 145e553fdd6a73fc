import stringWidth from 'string-width';
import type {Step} from '../datapath/journey.ts';
import type {Walk} from '../datapath/walk.ts';
import {formatAddress} from '../datapath/world.ts';
import type {Prediction} from '../prediction/predict.ts';
import {
	type Foretold,
	describePrediction,
	listDisagreements,
} from '../prediction/tell.ts';
import {indent} from './sections.ts';
import {cutText, wrapText} from './table.ts';

/** Of a line, with the two columns that a section indents it by. */
const width = 78;

const arrows = {request: '→', reply: '←'} as const;
const marks = {agrees: '✓', disagrees: '✗', unknown: '?'} as const;

/** `k8s1 PREROUTING`; pods and nodes as ends by their own name. */
export const nameStep = ({node, stage}: Step): string => (node === undefined || node === stage || stage.includes('/') ? stage : `${node} ${stage}`);

/** `→ k8s1 PREROUTING: DNAT to 10.244.0.19:80 [-A KUBE-SEP-… --to-destination 10.244.0.19:80]`, cut where it gets too long. */
const formatStep = (step: Step): string => {
	const {direction, because, by} = step;
	const line = cutText(`${arrows[direction]} ${nameStep(step)}: ${because}`, width - 4);
	const room = width - 4 - stringWidth(line) - 3;
	return by === undefined || room < 12 ? line : `${line} [${cutText(by, room)}]`;
};

const ends = {
	delivered: 'answered', lost: 'lost', unknown: 'not known further',
} as const;

/** One way, with one backend. */
export const describeWalk = ({backend, seenSource, outcome}: Walk): string => {
	const source = seenSource?.ip === undefined ? '' : `, which sees ${formatAddress({ip: seenSource.ip, port: undefined})}`;
	return `${backend ? `by way of ${formatAddress(backend)}${source}` : 'to no backend'}: ${ends[outcome.does]}`;
};

const formatPrediction = (prediction: Prediction): readonly string[] => [
	...wrapText(`${marks[prediction.agreement]} ${describePrediction(prediction)}`, width, '  '),
	...prediction.walks.flatMap(walk => [`  ${cutText(describeWalk(walk), width - 2)}`, ...indent(indent(walk.steps.map(step => formatStep(step))))]),
];

const notFollowed = 'Not followed: tables raw and mangle, rp_filter, conntrack\'s own limits, and the network between the nodes.';

/** Every probe as the rules would have it, one line for each step, and how that compares with what was seen. */
export const formatWalks = ({predictions, packets}: Foretold): readonly string[] => [
	...packets.flatMap(({agrees, says}) => wrapText(`${agrees ? marks.agrees : marks.disagrees} ${says}`, width, '  ')),
	...predictions.flatMap(prediction => formatPrediction(prediction)),
	...wrapText(notFollowed, width, ''),
];

/** Where the rules and what was seen part; nothing where they agree. */
export const formatDisagreements = (foretold: Foretold): readonly string[] => listDisagreements(foretold).flatMap(says => wrapText(`${marks.disagrees} ${says}`, width, '  '));
