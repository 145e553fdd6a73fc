import {randomBytes} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {hostname, userInfo} from 'node:os';
import process from 'node:process';
import type {PodOwner} from './node-pod/manifest.ts';

/** When a process of this machine started, in clock ticks since boot (field 22 of proc_pid_stat(5)); undefined where none has this number. */
const startOf = (pid: number): string | undefined => {
	try {
		return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ', 20).at(19);
	} catch {
		return undefined;
	}
};

/** A process as text that tells it from a later one with its number: machine, pid, start. */
export const describeProcess = (pid: number): string => [hostname(), pid, startOf(pid) ?? ''].join(' ');

/** Whether a described process still runs; undefined where it is of another machine, or cannot be told. */
export const isProcessAlive = (described: string): boolean | undefined => {
	const [host, pid] = described.split(' ', 2);
	if (host !== hostname() || !/^[1-9]\d{0,9}$/v.test(pid ?? '')) {
		return undefined;
	}

	try {
		process.kill(Number(pid), 0);
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}

	return describeProcess(Number(pid)) === described;
};

const username = (): string => {
	try {
		return userInfo().username;
	} catch {
		return 'unknown';
	}
};

/** Who makes objects in the cluster now; the session's name is new each time. */
export const describeOwner = (): PodOwner => ({
	session: randomBytes(4).toString('hex'),
	owner: `${username()}@${hostname()}`,
	process: describeProcess(process.pid),
});
