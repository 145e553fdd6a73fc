import test from 'ava';
import {type Prediction, predictCells} from '../../src/prediction/predict.ts';
import {readRecordedEvidence, recordedBundles} from '../helpers/recorded-evidence.ts';

const describe = ({cell, walks, agreement}: Prediction): string => {
	const predicted = walks.map(({backend, outcome}) => `${backend?.ip ?? 'nobody'}: ${outcome.does}${'because' in outcome ? ` (${outcome.because})` : ''}`);
	return `${agreement}: ${cell.from} → ${cell.toIp}:${cell.toPort} ${cell.attempts.map(({outcome}) => outcome).join(' ')}; predicted ${predicted.join('; ')}`;
};

test('what the rules say of every recorded probe is what the probe met', async t => {
	t.true(recordedBundles.length > 12);
	const wrong: string[] = [];
	let agreeing = 0;
	for (const name of recordedBundles) {
		// eslint-disable-next-line no-await-in-loop
		const predictions = predictCells(await readRecordedEvidence(name));
		agreeing += predictions.filter(({agreement}) => agreement === 'agrees').length;
		// The practice recordings hold all that is read today, so that nothing of them is in doubt.
		const isWrong = ({agreement}: Prediction): boolean => agreement === 'disagrees' || (agreement === 'unknown' && name.startsWith('practice/'));
		wrong.push(...predictions.filter(prediction => isWrong(prediction)).map(prediction => `${name}: ${describe(prediction)}`));
	}

	t.deepEqual(wrong, []);
	t.true(agreeing > 80, `${agreeing} probes`);
});
