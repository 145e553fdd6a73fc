import type {Finding} from '../check.ts';
import {formatFrom, podLabel, serviceLabel} from '../cluster/pod-label.ts';
import type {Diagnosis} from '../diagnosis.ts';
import type {SessionState} from '../session-state.ts';
import {wrapText} from './table.ts';

const width = 80;
const indent = ' '.repeat(10);

/** The sentence as the screens say it: what is found to last not for long, by its title in place of its id. */
const nameLatent = ({sentence, latent}: Diagnosis): string =>
	sentence.replace(`latent: ${latent.map(({check}) => check.id).join(', ')}`, () => `not for long: ${latent.map(({check}) => check.title).join(' · ')}`);

/** What stays in the terminal when the screens are left: whom it was about, the verdict, and what would fix it, or the words that stand in its place. */
export const formatSummary = ({target, diagnosis}: SessionState, repairOf: (finding: Finding) => readonly string[], farewell?: readonly string[]): string => {
	if (!target) {
		return '';
	}

	const head = `${serviceLabel(target.service)} from ${podLabel(target.client)}`;
	if (!diagnosis) {
		return `${head}: left before the verdict\n`;
	}

	const all = diagnosis.cause ? repairOf(diagnosis.cause) : [];
	// The command does what the other lines say to do by hand; check prints them all.
	const repairs = all.at(0)?.startsWith('hairpin ') === true ? [all[0].split('#', 1)[0].trim()] : all;
	return [
		head,
		...wrapText(`verdict   ${diagnosis.conclusion}: ${nameLatent(diagnosis)}`, width, indent),
		...(farewell ?? []),
		...(farewell ? [] : repairs).map((repair, index) => `${index === 0 ? 'fix       ' : indent}${repair}`),
		...(!farewell && diagnosis.cause ? [`again     hairpin check ${target.service.namespace === '' ? '' : `-n ${target.service.namespace} `}svc/${target.service.name} --from ${formatFrom(target.client, target.service.namespace)}`] : []),
	].join('\n') + '\n';
};
