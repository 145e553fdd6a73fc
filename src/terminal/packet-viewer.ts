import {spawn} from 'node:child_process';
import {access, constants} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {handOver} from './hand-over.ts';

/** What shows a capture file here: a program with a window, one that takes the terminal, or none. */
export type PacketViewer = {readonly kind: 'window' | 'terminal'; readonly argv: readonly string[]} | {readonly kind: 'none'; readonly command: string};

const isProgram = async (file: string): Promise<boolean> => {
	try {
		await access(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
};

const hasProgram = async (name: string): Promise<boolean> => {
	const places = (process.env.PATH ?? '').split(path.delimiter).filter(directory => path.isAbsolute(directory));
	const found = await Promise.all(places.map(async directory => isProgram(path.join(directory, name))));
	return found.includes(true);
};

const hasWindows = (): boolean => process.platform === 'darwin' || [process.env.DISPLAY, process.env.WAYLAND_DISPLAY].some(display => display !== undefined && display !== '');

// -N n: addresses are shown by the names that the file has for them; nobody is asked for more.
const wireshark = (file: string): readonly string[] => ['wireshark', '-N', 'n', '-r', file];

/** Wireshark where there are windows, else termshark, else how to look at it elsewhere. */
export const findPacketViewer = async (file: string): Promise<PacketViewer> => {
	if (hasWindows() && await hasProgram('wireshark')) {
		return {kind: 'window', argv: wireshark(file)};
	}

	return await hasProgram('termshark') ? {kind: 'terminal', argv: ['termshark', '-r', file]} : {kind: 'none', command: wireshark(file).join(' ')};
};

/** Starts a program with a window of its own, which stays when we end. Resolves with why it could not be started, where it could not. */
const openWindow = async ([file, ...words]: readonly string[]): Promise<string | undefined> => {
	const {promise, resolve} = Promise.withResolvers<string | undefined>();
	const child = spawn(file, words, {stdio: 'ignore', detached: true});
	child.on('error', ({message}) => {
		resolve(message);
	});
	child.on('spawn', () => {
		child.unref();
		resolve(undefined);
	});
	return promise;
};

/** Shows a capture file. Resolves with one sentence; where the program takes the terminal, once that is given back. */
export const showPackets = async (file: string, viewer: PacketViewer): Promise<string> => {
	if (viewer.kind === 'none') {
		return `not here; elsewhere: ${viewer.command}`;
	}

	const failure = await (viewer.kind === 'window' ? openWindow(viewer.argv) : handOver(viewer.argv));
	return failure === undefined ? `the packets are in ${file}, for ${viewer.argv[0]}` : `${viewer.argv[0]} could not be started: ${failure}; the packets are in ${file}`;
};
