import test from 'ava';
import type {Access, Point} from '../src/access/access.ts';
import type {Check} from '../src/check.ts';
import {type FurtherNews, lookFurther} from '../src/look-further.ts';
import type {Outcome} from '../src/probes/matrix.ts';
import {planClientProbe, planOtherProbes} from '../src/probes/plan.ts';
import {type SessionState, initialState, reduce} from '../src/session-state.ts';
import {accuser} from './helpers/accuser.ts';
import {buildEvidence} from './helpers/evidence-builder.ts';

const evidence = buildEvidence({outcomes: {'mars1 vip': 'timeout'}});
const state: SessionState = {...initialState, ...evidence, unreachable: new Map()};

/** Two causes that explain the client's failure, of which the second would stop k8s2, too. */
const ofClient: Check['explains'] = ({role, path, attempts}) => role === 'client' && path === 'vip' && attempts.some(({outcome}) => outcome !== 'open');
const tied: readonly Check[] = [accuser('one', {explains: ofClient}), accuser('two', {explains: (cell, seen) => ofClient(cell, seen) || (cell.from === 'k8s2' && cell.path === 'vip')})];

/** Looks further where each probe ends as is said, one word for each time that it is made. Tells who was asked, and what came of it. */
const look = async (checks: readonly Check[], ...outcomes: readonly Outcome[]): Promise<{readonly asked: readonly string[]; readonly news: readonly FurtherNews[]}> => {
	const asked: string[] = [];
	const news: FurtherNews[] = [];
	const access: Pick<Access, 'run'> = {
		async run(point: Point, {args}) {
			asked.push(`${point.kind === 'node' ? point.node : point.pod} ${args[0]} ${args.at(-1) ?? ''}`);
			const outcome = outcomes[asked.length - 1];
			return outcome === undefined
				? {
					ok: false, because: 'not reached', tryThis: '', command: '',
				}
				: {
					ok: true, stdout: `tool bash\n${`attempt ${outcome} 1000\n`.repeat(Number(args.at(-1)))}`, stderr: '', exitCode: 0, command: '', ms: 1,
				};
		},
	};
	await lookFurther({
		access: access as Access,
		checks,
		target: evidence.target,
		reached: new Set(['k8s1', 'k8s2']),
		plans: [planClientProbe(evidence.target), ...planOtherProbes(evidence.target)],
		timeoutMs: 1000,
		signal: new AbortController().signal,
		state: () => state,
		tell(item) {
			news.push(item);
		},
	});
	return {asked, news};
};

test('tied causes: the probe that tells them apart is made, and comes last in the matrix', async t => {
	const {asked, news} = await look(tied, 'open');
	t.deepEqual(asked, ['k8s2 10.98.171.178 1']);
	const [item] = news;
	t.true(item.type === 'probe-answered' && item.cell.isFurther === true && item.cell.attempts[0].outcome === 'open');
	const planned = {...state, planned: evidence.matrix.map(({from, fromKind, toIp, toPort}) => `${fromKind} ${from} → ${toIp} ${toPort}`)};
	t.is(reduce(planned, {...item, atMs: 0}).matrix.at(-1)?.from, 'k8s2');
});

test('one failure of it could be chance: it is asked again, and what works then accuses nobody', async t => {
	const {asked, news} = await look(tied, 'timeout', 'open');
	t.deepEqual(asked, ['k8s2 10.98.171.178 1', 'k8s2 10.98.171.178 2']);
	t.is(news.length, 1);
	t.true(news.every(item => item.type === 'probe-answered' && item.cell.attempts.every(({outcome}) => outcome === 'open')));
	const failing = await look(tied, 'timeout', 'timeout');
	t.is(failing.news.length, 1);
	t.true(failing.news.every(item => item.type === 'probe-answered' && item.cell.attempts.every(({outcome}) => outcome === 'timeout')));
});

test('where it cannot be made, or nothing is tied, nothing is told', async t => {
	t.deepEqual((await look(tied)).news, []);
	t.deepEqual((await look(tied, 'timeout')).news, [], 'nor where it cannot be made again');
	t.deepEqual(await look(tied.slice(0, 1)), {asked: [], news: []});
});
