import test from 'ava';
import {onCluster, prepareCluster, restoreCluster} from '../helpers/on-cluster.ts';
import {faultCases} from './faults/fault-table.ts';
import {runCase} from './faults/run-case.ts';

test.before(prepareCluster);
test.afterEach.always(restoreCluster);

const suite = faultCases.filter(({isInSuite}) => isInSuite);

for (const given of suite) {
	onCluster(given.title, async t => {
		t.teardown(async () => given.heal?.());
		t.deepEqual((await runCase(given)).mistakes, []);
	});
}
