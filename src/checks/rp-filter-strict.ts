import type {Check, Verdict} from '../check.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {valueOf} from '../evidence/known.ts';
import {type NodeInterface, routeTo} from '../evidence/network.ts';
import type {Cell} from '../probes/matrix.ts';
import {answeringDevice, arrivalOf} from '../datapath/arrival.ts';
import {type Prediction, explainedCells, isCellExplained} from './shared/explain.ts';
import {judgeCondition} from './shared/judge-condition.ts';
import {
	type Leg,
	findUnclearLegs,
	legsOf,
	lostDirection,
	plainNetworkOf,
} from './shared/legs.ts';
import {tellLoss} from './shared/loss.ts';
import {nameNodes, readNodes} from './shared/nodes.ts';
import {onNodes} from './shared/repairs.ts';
import {routesOf} from './shared/routes.ts';
import {
	latent,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';
import {joinWords, pluralize} from './shared/words.ts';

/** A packet that comes in where the node would not send to its source. */
type Asymmetry = {readonly leg: Leg; readonly arrivesAt: NodeInterface; readonly answersBy: string};

const asymmetryOf = (leg: Leg, evidence: Evidence): Asymmetry | undefined => {
	const [sender, receiver] = [plainNetworkOf(evidence, leg.from), plainNetworkOf(evidence, leg.to)];
	const out = sender && routeTo(sender, leg.destination);
	const arrivesAt = out && receiver ? arrivalOf(out, sender, receiver) : undefined;
	const answersBy = arrivesAt && receiver && leg.source !== undefined ? answeringDevice(arrivesAt, receiver.routes, leg.source) : undefined;
	return arrivesAt && answersBy !== undefined ? {leg, arrivesAt, answersBy} : undefined;
};

const asymmetriesOf = (legs: readonly Leg[], evidence: Evidence): readonly Asymmetry[] => legs.flatMap(leg => asymmetryOf(leg, evidence) ?? []);

/** 1 asks for the very interface that an answer would leave by; 2 is content with any route (RFC 3704). */
const isStrict = ({arrivesAt}: Asymmetry): boolean => arrivesAt.reversePathFilter === 1;

const predict = (evidence: Evidence): Prediction => route => {
	const lost = lostDirection(route, evidence);
	const legs = legsOf(route, evidence).filter(({direction}) => lost === undefined || direction === lost);
	return asymmetriesOf(legs, evidence).some(asymmetry => isStrict(asymmetry)) ? ['timeout'] : [];
};

const isExplained = (cell: Cell, evidence: Evidence): boolean => isCellExplained(cell, evidence, predict(evidence));

const findAsymmetries = (evidence: Evidence): readonly Asymmetry[] => {
	const all = asymmetriesOf(evidence.matrix.flatMap(cell => routesOf(cell, evidence)).flatMap(route => legsOf(route, evidence)), evidence);
	return new Map(all.map(asymmetry => [`${asymmetry.leg.to} ${asymmetry.leg.source ?? ''}`, asymmetry])).values().toArray();
};

const dropsOf = ({nodes}: Evidence, name: string): string => {
	const drops = valueOf(nodes.get(name)?.network)?.reversePathDrops ?? 0;
	return drops > 0 ? ` (${pluralize(drops, 'packet')} dropped by it since the node was started)` : '';
};

const describe = (evidence: Evidence, asymmetries: readonly Asymmetry[]): string => Map.groupBy(asymmetries, ({leg, arrivesAt, answersBy}) => `${leg.to} ${arrivesAt.name} ${answersBy}`).values().map(same => {
	const [{leg, arrivesAt, answersBy}] = same;
	return `packets from ${joinWords(same.map(one => one.leg.source ?? ''))} come to ${leg.to} by ${arrivesAt.name}, where rp_filter is ${arrivesAt.reversePathFilter}, and ${leg.to} would answer by ${answersBy}${dropsOf(evidence, leg.to)}`;
}).toArray().join('; ');

const judge = (evidence: Evidence): Verdict => {
	const asymmetries = findAsymmetries(evidence);
	const strict = asymmetries.filter(asymmetry => isStrict(asymmetry));
	if (strict.length > 0) {
		const {words, refs} = tellLoss(evidence, explainedCells(evidence, predict(evidence)));
		return judgeCondition(evidence, {
			what: `${describe(evidence, strict)}${words}`,
			refs: [...refs, ...refsTo(...new Set(strict.map(({leg}) => evidence.nodes.get(leg.to)?.network)))],
			explains: isExplained,
			isCertain: refs.length > 0,
			harmless: 'no probe failed from it',
		});
	}

	if (asymmetries.length > 0) {
		return latent(`${describe(evidence, asymmetries)}: rp_filter 1 there would drop them`, refsTo(...asymmetries.map(({leg}) => evidence.nodes.get(leg.to)?.network)));
	}

	const {readings, gaps} = readNodes(evidence, ({network}) => network);
	const reasons = [...findUnclearLegs(evidence), ...gaps];
	return reasons.length > 0 ? unknown(reasons.join('; ')) : ok(`what comes to ${nameNodes(readings)} from another node's pods comes in where it would be answered`);
};

export const rpFilterStrict: Check = {
	id: 'rp-filter-strict',
	place: 560,
	title: 'rp_filter lets pods\' packets in',
	explain: 'With rp_filter 1 a node drops every packet that comes in by another interface than the one by which it would answer its source, without a word. That hits pods of other nodes where requests and answers go different ways: several network cards, a tunnel in one direction only, routes laid by hand. The larger value of "all" and of the interface counts; 2 drops only what no route leads back to.',
	judge,
	explains: isExplained,
	repair(evidence) {
		const strict = findAsymmetries(evidence).filter(asymmetry => isStrict(asymmetry));
		return [
			onNodes(strict.map(({leg}) => leg.to)),
			...new Set(strict.map(({arrivesAt}) => `sysctl -w net/ipv4/conf/all/rp_filter=0 net/ipv4/conf/${arrivesAt.name}/rp_filter=2   # of "all" and the interface the larger one counts; undo: the old values, which this shows: sysctl net/ipv4/conf/all/rp_filter net/ipv4/conf/${arrivesAt.name}/rp_filter`)),
			'# lasting: the same two lines in a file of /etc/sysctl.d that sorts last; better still, routes that lead back the way that packets come',
		];
	},
};
