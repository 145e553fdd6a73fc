import type {Step} from '../datapath/journey.ts';
import type {Walk} from '../datapath/walk.ts';
import type {Address} from '../datapath/world.ts';
import {type Prediction, predictedOutcomes} from '../prediction/predict.ts';
import type {Foretold} from '../prediction/tell.ts';

const describeAddress = ({ip, port}: Address) => ({ip: ip ?? null, port: port ?? null});

const describeStep = ({direction, node, stage, by, because, packet}: Step) => ({
	direction, node: node ?? null, stage, by: by ?? null, because, source: describeAddress(packet.source), destination: describeAddress(packet.destination), mark: packet.mark,
});

const describeWalk = (walk: Walk) => ({
	backend: walk.backend ? describeAddress(walk.backend) : null,
	seenSource: walk.seenSource?.ip ?? null,
	outcome: walk.outcome.does,
	because: 'because' in walk.outcome ? walk.outcome.because : null,
	predicted: predictedOutcomes(walk) ?? null,
	steps: walk.steps.map(step => describeStep(step)),
});

const describePrediction = ({cell, walks, agreement}: Prediction) => ({
	from: cell.from, to: `${cell.toIp}:${cell.toPort}`, path: cell.path, agreement, ways: walks.map(walk => describeWalk(walk)),
});

/** What the rules say of every probe, and how it compares. */
export const describeForetold = ({predictions, packets}: Foretold) => ({probes: predictions.map(prediction => describePrediction(prediction)), packets});
