import test from 'ava';
import {foresee} from '../../src/changes/foresee.ts';
import {assumeChange, predictChange} from '../../src/changes/predict.ts';
import {checks} from '../../src/catalogue/index.ts';
import {cellOutcome, nameCell} from '../../src/probes/matrix.ts';
import {prepareChange} from '../helpers/prepare-change.ts';
import {readRecordedEvidence, recordedBundles} from '../helpers/recorded-evidence.ts';

/** Every change that was made and recorded: `practice/founding/masquerade-all=true.bundle`. */
const made = recordedBundles.filter(name => name.startsWith('practice/') && !name.endsWith('/found.bundle'));

const incidentOf = (name: string): string => `${name.slice(0, name.lastIndexOf('/'))}/found.bundle`;

const idOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1, -'.bundle'.length);

for (const name of made) {
	test(`${name}: the probes end as was told before, and as the rules foresaw`, async t => {
		const before = await readRecordedEvidence(incidentOf(name));
		const {matrix} = await readRecordedEvidence(name);
		const change = prepareChange(idOf(name), before);
		const seen = new Map(matrix.map(cell => [nameCell(cell), cellOutcome(cell)]));
		const predictions = predictChange(checks, before, change);
		t.is(predictions.length, matrix.length);
		for (const {cell, expected} of predictions) {
			t.is(seen.get(nameCell(cell)) === 'open', expected === 'works' || expected === 'fixed', `${nameCell(cell)}: ${expected}`);
		}

		const foreseen = foresee(before, assumeChange(before, change), change);
		t.is(foreseen.size, change.recipe.isRewritingRules === true ? 0 : matrix.length);
		for (const [cell, {opens}] of foreseen) {
			t.is(seen.get(cell) === 'open', opens, cell);
		}
	});
}

test('the rules foresee every probe of the founding incident after each change but another mode, and what opens by them alone', async t => {
	const before = await readRecordedEvidence('practice/founding/found.bundle');
	const told = (id: string): readonly boolean[] => {
		const change = prepareChange(id, before);
		return foresee(before, assumeChange(before, change), change).values().map(({opens}) => opens).toArray();
	};

	const count = before.matrix.length;
	t.deepEqual(told('br-netfilter'), Array.from({length: count}, () => true));
	t.deepEqual(told('masquerade-all=true'), Array.from({length: count}, () => true));
	t.is(told('kubelet-hairpin-mode=hairpin-veth').filter(opens => !opens).length, 1);
	t.deepEqual(told('proxy-mode=iptables'), []);
});
