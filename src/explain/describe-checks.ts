import {type Check, changesFor} from '../check.ts';

const listChanges = (check: Check): string => {
	const changes = changesFor(check, undefined).map(change => `\`${change}\``);
	if (typeof check.fixedBy === 'function') {
		return 'hairpin changes it by itself where the evidence says to what: `hairpin fix ' + check.id + '` shows how.';
	}

	return changes.length === 0
		? 'hairpin changes nothing here; the report says what to type, with the names and addresses at hand.'
		: `hairpin changes it by itself, best first: ${changes.join(', ')}. \`hairpin fix ${check.id}\` shows it, asks, verifies and can undo it.`;
};

const whereAsked = ({ofNode}: Check): string => (ofNode === undefined
	? 'Asked by `hairpin check`.'
	: 'Asked by `hairpin check`, and of each node by itself, without packets, by `hairpin nodes`.');

/** What is known of a check without a cluster, as Markdown under its id, which is also the code of its findings. */
export const describeCheck = (check: Check): string => [
	`## ${check.id}`,
	'',
	`**True when healthy:** ${check.title}.`,
	'',
	check.explain,
	'',
	`${whereAsked(check)} ${listChanges(check)}`,
	'',
].join('\n');

/** The page of every check, as Markdown. */
export const describeChecks = (checks: readonly Check[]): string => [
	'# The checks',
	'',
	'The ids are the codes of findings in `--json` and `--junit`; they stay as they are.',
	'`broken`: it explains what failed, `certain` where a packet or a counter shows it, else `likely` · `latent`: it does no harm now · `unknown`: it could not be judged, with the reason · `ok`.',
	'',
	...checks.map(({id, title}) => `- [${id}](#${id}): ${title}`),
	'',
	...checks.map(check => describeCheck(check)),
].join('\n');

/** One line for each check: its id, and what is true when it is healthy. */
export const listChecks = (checks: readonly Check[]): string => {
	const width = Math.max(...checks.map(({id}) => id.length));
	return checks.map(({id, title}) => `${id.padEnd(width)}  ${title}\n`).join('');
};
