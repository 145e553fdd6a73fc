// Draws states of the cluster and clients, and holds what the rules foretell against what is seen: npm run walks [-- PROBES [RANDOM NUMBER]]
import {writeFile} from 'node:fs/promises';
import process from 'node:process';
import {createRandom, type Random} from '../../helpers/random.ts';
import {
	checkVia,
	resetCluster,
	startCluster,
	whySkipped,
} from '../../helpers/real-cluster.ts';
import {nameOfClient} from './plain-probe.ts';
import {describeWorld, drawWorld, makeWorld} from './random-world.ts';
import {
	formatWalkRow,
	formatWalkTable,
	toWalkRow,
	type WalkRow,
} from './walk-table.ts';

const tableFile = new URL('../../../docs/walks-table.md', import.meta.url);
const [probes, seed] = [Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 1)];
const clients = ['mars1', 'mars2', 'backend'] as const;
const clientsOfWorld = 2;

/** Some of them, in an order that was drawn. */
const drawClients = ({below}: Random): ReadonlyArray<typeof clients[number]> => clients
	.map(client => ({client, order: below(1000)}))
	.toSorted((one, other) => one.order - other.order)
	.slice(0, clientsOfWorld)
	.map(({client}) => client);

const walkWorld = async (random: Random): Promise<readonly WalkRow[]> => {
	const world = drawWorld(random);
	const drawn = drawClients(random);
	const rows: WalkRow[] = [];
	try {
		await makeWorld(world);
		for (const client of drawn) {
			// eslint-disable-next-line no-await-in-loop -- one capture at a time
			const {report} = await checkVia('ssh', 'svc/nginx', '--from', `pod/${await nameOfClient(client)}`);
			const row = toWalkRow(describeWorld(world), client, report);
			console.log(formatWalkRow(row));
			rows.push(row);
		}
	} catch (error) {
		console.log(`| ${describeWorld(world)} | could not be made: ${String(error)}`);
	} finally {
		await resetCluster();
	}

	return rows;
};

const countProbes = (rows: readonly WalkRow[]): number => rows.reduce((sum, {walks}) => sum + (walks ? walks.agrees + walks.unknown + walks.disagrees : 0), 0);

const reason = await whySkipped();
if (reason === undefined) {
	await startCluster();
	await resetCluster();
	const random = createRandom(seed);
	const rows: WalkRow[] = [];
	while (countProbes(rows) < probes) {
		// eslint-disable-next-line no-await-in-loop -- the cluster has one state at a time
		rows.push(...await walkWorld(random));
		// eslint-disable-next-line no-await-in-loop
		await writeFile(tableFile, formatWalkTable(rows, seed));
	}

	process.exitCode = rows.some(({walks, packets}) => (walks?.disagrees ?? 0) > 0 || packets.disagrees > 0) ? 1 : 0;
} else {
	console.log(reason);
}
