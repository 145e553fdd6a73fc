import {describeOpen, journalDirectory, readOwnOpen} from './changes/journal.ts';
import {UserFacingError} from './user-facing-error.ts';

const explainError = (error: unknown): readonly string[] => (error instanceof UserFacingError
	? [`hairpin: ${error.because}`, `try: ${error.tryThis}`]
	: [
		`hairpin: this is a defect of hairpin; please report it with these lines:\n${error instanceof Error ? error.stack : String(error)}`,
		`the journal of what was changed is in ${journalDirectory()}`,
	]);

/** Why the program ends, and what it changed before: in lines. */
export const explainEnd = async (error: unknown): Promise<readonly string[]> => {
	const told = explainError(error);
	const left = await readOwnOpen();
	return [...told, ...left.filter(({id}) => told.every(line => !line.includes(id))).map(entry => describeOpen(entry))];
};
