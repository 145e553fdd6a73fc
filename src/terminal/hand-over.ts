import {spawn} from 'node:child_process';

/** Gives our own terminal to a program until it ends. Resolves with why it could not be started, where it could not. */
export const handOver = async ([file, ...words]: readonly string[]): Promise<string | undefined> => {
	const {promise, resolve} = Promise.withResolvers<string | undefined>();
	const child = spawn(file, words, {stdio: 'inherit'});
	child.on('error', error => {
		resolve(error.message);
	});
	child.on('close', () => {
		resolve(undefined);
	});
	return promise;
};
