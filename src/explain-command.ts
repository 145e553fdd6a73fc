import {checks} from './catalogue/index.ts';
import type {Output} from './check-command.ts';
import {describeCheck, describeChecks, listChecks} from './explain/describe-checks.ts';
import type {ExplainOptions} from './options.ts';
import {suggestNames} from './target/nearest-names.ts';
import {UserFacingError} from './user-facing-error.ts';

const explainOne = (id: string): string => {
	const check = checks.find(candidate => candidate.id === id);
	if (!check) {
		throw new UserFacingError(`there is no check ${id}`, `${suggestNames(id, checks.map(candidate => candidate.id))} All of them: hairpin explain`);
	}

	return describeCheck(check);
};

/** `hairpin explain`: what the checks ask and why, out of the checks themselves. Throws `UserFacingError` where there is none of that id. */
export const explain = async ({id, isWhole}: ExplainOptions, output: Output): Promise<number> => {
	output.write(id === undefined ? (isWhole ? describeChecks(checks) : listChecks(checks)) : explainOne(id));
	return 0;
};
