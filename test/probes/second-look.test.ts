import test from 'ava';
import {checks} from '../../src/catalogue/index.ts';
import {diagnose} from '../../src/diagnosis.ts';
import {isTargetCell} from '../../src/diagnosis/find-cause.ts';
import {type Attempt, type Cell, cellOutcome} from '../../src/probes/matrix.ts';
import {withSecondLook} from '../../src/probes/second-look.ts';
import {readRecordedEvidence} from '../helpers/recorded-evidence.ts';

const attempts = (...outcomes: ReadonlyArray<Attempt['outcome']>): readonly Attempt[] => outcomes.map(outcome => ({outcome, ms: 1}));

const healthy = await readRecordedEvidence('practice/founding/br-netfilter.bundle');
const target = healthy.matrix.find(cell => isTargetCell(cell))!;
const failed: Cell = {...target, attempts: attempts('timeout')};

test('what works when it is asked again was transient, what works in part comes and goes, what fails again stays', t => {
	const open = withSecondLook(failed, {...target, attempts: attempts('open', 'open')});
	t.is(cellOutcome(open), 'open');
	t.deepEqual(open.earlier, failed.attempts);
	const partly = withSecondLook(failed, {...target, attempts: attempts('open', 'timeout')});
	t.is(cellOutcome(partly), 'intermittent');
	t.is(partly.attempts.length, 3);
	t.is(withSecondLook(failed, {...target, attempts: attempts('timeout', 'timeout')}), failed);
	t.is(withSecondLook(failed, {...target, attempts: []}), failed, 'could not be asked again');
});

test('a transient failure of the target is healthy, and told', t => {
	const look = withSecondLook(failed, {...target, attempts: attempts('open', 'open')});
	const {conclusion, cause, sentence} = diagnose(checks, {...healthy, matrix: healthy.matrix.map(cell => (cell === target ? look : cell))});
	t.is(conclusion, 'healthy');
	t.is(cause, undefined);
	t.regex(sentence, /default\/mars1 → 10\.98\.171\.178:8080 timed out at first, which nothing explains, and works now: transient$/v);
});
