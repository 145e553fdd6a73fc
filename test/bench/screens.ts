// How fast the screens answer while packets pour in, what that costs, and whether memory stays flat.
import {readFileSync} from 'node:fs';
import process from 'node:process';
import {type Robot, startRobot} from '../helpers/robot.ts';

const perSecond = 5000;
const presses = 200;
/** How many seconds' worth of packets: ten minutes at 5,000 a second on each side. */
const tenMinutesOfPackets = 600 * perSecond;
const faster = 8;

const program = new URL('flooded-screens.ts', import.meta.url).pathname;

/** Processor time of a process in seconds, and its resident memory in MB (proc(5)). */
const costOf = (pid: number): {readonly cpuSeconds: number; readonly megabytes: number} => {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /v, '').split(' ');
	const megabytes = Number(/^VmRSS:\s+(?<kilobytes>\d+)/mv.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.groups?.kilobytes ?? 0) / 1000;
	return {cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, megabytes};
};

const packetsOn = (robot: Robot): number => Number(/(?<count>\b\d{4,9}) (?:packets|·)/v.exec(robot.lines().join('\n'))?.groups?.count ?? 0);

/** Presses a key that changes the whole window, and waits until it has: ladder and matrix, by turns. */
const measurePresses = async (robot: Robot): Promise<readonly number[]> => {
	const times: number[] = [];
	for (let press = 0; press < presses; press++) {
		const isLadder = press % 2 === 0;
		const start = performance.now();
		robot.press(isLadder ? 'l' : 'm');
		// eslint-disable-next-line no-await-in-loop
		await robot.until('the other screen', text => (isLadder ? /^ LADDER/mv : /^ MATRIX/mv).test(text));
		times.push(performance.now() - start);
	}

	return times.toSorted((one, two) => one - two);
};

const benchmarkKeys = async (): Promise<void> => {
	const robot = await startRobot([process.execPath, program, String(perSecond)], {columns: 120, rows: 36});
	await robot.until('packets', () => packetsOn(robot) > perSecond);
	const [startedAt, before] = [performance.now(), costOf(robot.pid)];
	const times = await measurePresses(robot);
	const seconds = (performance.now() - startedAt) / 1000;
	const cores = (costOf(robot.pid).cpuSeconds - before.cpuSeconds) / seconds;
	const at = (share: number): string => `${(times[Math.floor(times.length * share)] ?? NaN).toFixed(0)} ms`;
	console.log(`${perSecond.toLocaleString('en')} packets/s in both captures: key to frame ${at(0.5)} median, ${at(0.95)} p95 (goal 50 ms); ${cores.toFixed(2)} cores (goal 1)`);
	robot.close();
	await robot.ended;
};

const benchmarkMemory = async (): Promise<void> => {
	const robot = await startRobot([process.execPath, program, String(perSecond * faster)], {columns: 120, rows: 36});
	await robot.until('a tenth', () => packetsOn(robot) > tenMinutesOfPackets / 10, 120_000);
	const {megabytes: early} = costOf(robot.pid);
	await robot.until('all packets', () => packetsOn(robot) > tenMinutesOfPackets, 300_000);
	console.log(`memory after ten minutes' worth of packets: ${costOf(robot.pid).megabytes.toFixed(0)} MB, after one minute's ${early.toFixed(0)} MB`);
	robot.close();
	await robot.ended;
};

await benchmarkKeys();
await benchmarkMemory();
