import test from 'ava';
import {onCluster, prepareCluster, restoreCluster} from '../helpers/on-cluster.ts';
import {faultCases} from './faults/fault-table.ts';
import {runCase} from './faults/run-case.ts';

test.before(prepareCluster);
test.afterEach.always(restoreCluster);

// One that fails, and one that alarms for nothing; the whole table takes minutes: npm run faults.
const telling = [
	'a rule of INPUT drops the ClusterIP',
	'a rule of INPUT drops the backend\'s port, which ipvs mode does not meet',
];

for (const title of telling) {
	onCluster(title, async t => {
		const given = faultCases.find(candidate => candidate.title === title);
		t.deepEqual(given && (await runCase(given)).mistakes, []);
	});
}
