// Makes two frequent faults at once, asks hairpin, repairs what it names as the cause, and asks again: npm run fault-pairs [-- unsolved] [WORDS OF A CHECK]
import {readFile, writeFile} from 'node:fs/promises';
import process from 'node:process';
import {
	checkVia,
	kubectl,
	type Report,
	resetCluster,
	startCluster,
	until,
	whySkipped,
} from '../../helpers/real-cluster.ts';
import {type FrequentFault, pairs} from './pair-cases.ts';
import {
	formatPairRow,
	formatPairTable,
	type PairRow,
	parsePairTable,
} from './pair-table.ts';
import {nameOfClient, nodeOf, probeFromPod} from './plain-probe.ts';
import {countWalks} from './walk-count.ts';

const tableFile = new URL('../../../docs/fault-pairs.md', import.meta.url);

type Pair = readonly [FrequentFault, FrequentFault];

const nameOf = ([one, other]: Pair): string => `${one.check} + ${other.check}`;

const namedIn = ({cause, contributing, latent, findings}: Report): readonly string[] => [
	...(cause === null ? [] : [cause]), ...contributing, ...latent, ...findings.filter(({status}) => status === 'broken').map(({id}) => id),
];

/** Waits for one of these clients to be kept from the Service; returns its pod. */
const findStranded = async (clients: ReadonlyArray<FrequentFault['client']>): Promise<string> => {
	let stranded: string | undefined;
	await until(`one of ${clients.join(', ')} to be kept from the Service`, async () => {
		const seen = await Promise.all(clients.map(async client => {
			const pod = await nameOfClient(client);
			return await probeFromPod(pod, nodeOf[client]) === 'open' ? undefined : pod;
		}));
		stranded = seen.find(pod => pod !== undefined);
		return stranded !== undefined;
	}, 40);
	return stranded ?? '';
};

const ask = async (faults: readonly FrequentFault[]): Promise<Report> => {
	const {report} = await checkVia('ssh', 'svc/nginx', '--from', `pod/${await findStranded([...new Set(faults.map(({client}) => client))])}`);
	return report;
};

const runPair = async (pair: Pair): Promise<PairRow> => {
	for (const {inject} of pair) {
		// eslint-disable-next-line no-await-in-loop
		await inject();
	}

	const before = await ask(pair);
	const first = pair.find(({check}) => check === before.cause);
	const other = pair.find(fault => fault !== first);
	const row = {faults: nameOf(pair), first: before.cause ?? 'none', isOtherNamed: other !== undefined && namedIn(before).includes(other.check)};
	if (!first || !other) {
		return {
			...row, afterwards: '-', walks: countWalks(before), isRight: false,
		};
	}

	await first.heal();
	const after = await ask([other]);
	return {
		...row, afterwards: after.cause ?? 'none', walks: countWalks(before, after), isRight: after.cause === other.check,
	};
};

const readTable = async (): Promise<readonly PairRow[]> => parsePairTable(await readFile(tableFile, 'utf8').catch(() => ''));

const keepRow = async (row: PairRow): Promise<void> => {
	const byName = new Map([...await readTable(), row].map(kept => [kept.faults, kept]));
	await writeFile(tableFile, formatPairTable(pairs.map(pair => byName.get(nameOf(pair))).filter(kept => kept !== undefined)));
};

const heal = async (pair: Pair): Promise<void> => {
	for (const fault of pair) {
		// eslint-disable-next-line no-await-in-loop
		await fault.heal().catch(() => undefined);
	}

	await kubectl('delete', 'networkpolicies', '--all', '--namespace', 'default');
	await resetCluster();
};

const isTold = async (pair: Pair): Promise<boolean> => {
	try {
		const row = await runPair(pair);
		await keepRow(row);
		console.log(formatPairRow(row));
		return row.isRight;
	} catch (error) {
		console.log(`| ${nameOf(pair)} | could not be made: ${String(error)}`);
		return false;
	} finally {
		await heal(pair);
	}
};

const words = process.argv.slice(2);
const solved = words.includes('unsolved') ? (await readTable()).filter(({isRight}) => isRight).map(({faults}) => faults) : [];
const wanted = words.filter(word => word !== 'unsolved');
const runs = pairs.filter(pair => !solved.includes(nameOf(pair)) && wanted.every(word => nameOf(pair).includes(word)));
const reason = await whySkipped();
if (reason === undefined) {
	await startCluster();
	await resetCluster();
	for (const pair of runs) {
		// eslint-disable-next-line no-await-in-loop -- the cluster has one state at a time
		process.exitCode = await isTold(pair) ? process.exitCode : 1;
	}
} else {
	console.log(reason);
}
