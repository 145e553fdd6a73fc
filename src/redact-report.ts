import {randomBytes} from 'node:crypto';
import type {AccessOptions, ClusterOptions} from './options.ts';
import type {Name} from './redact/names.ts';
import {judgeAgain, listNames} from './redact/redact-incident.ts';
import {hideComments, hideFileComments} from './redact/redact-comments.ts';
import {type Replaced, createRedactor, mapStrings} from './redact/redactor.ts';
import {redactWords} from './redact/redact-words.ts';
import type {Incident, MadeChange} from './report/incident.ts';
import type {RedactedBundle} from './redact-bundle.ts';
import type {SessionState} from './session-state.ts';

/** What the person typed may name hosts, users and files, and commands repeat it. */
export const listPlaces = ({destinations, sshConfig, image, debugNamespace, context, kubeconfig}: AccessOptions & ClusterOptions): readonly Name[] => [
	...destinations.values().flatMap(destination => (destination === undefined ? [] : [destination, destination.slice(destination.indexOf('@') + 1)])),
	...[sshConfig, image, debugNamespace, context, kubeconfig].filter(place => place !== undefined),
].map(name => ({kind: 'place', name}));

/** What was replaced, in one line. */
export const tellReplaced = ({counts, kept}: Replaced): string => {
	const found = Object.entries(counts).map(([what, count]) => `${count} ${what}`).join(', ');
	return `replaced ${found}; ports, versions, interfaces other than those of pods, and file names stay${kept.length > 0 ? `, and so do names that every cluster or its evidence has (${kept.join(', ')})` : ''}`;
};

export const otherVerdict = 'with pseudonyms the verdict is another one: do not send this; please report it';

export type RedactTools = {
	readonly options: AccessOptions & ClusterOptions;
	readonly repairOf: (state: SessionState) => Incident['repairOf'];
	readonly warn: (line: string) => void;
};

/** Diffs show what people wrote beside a setting. */
const redactChange = (change: MadeChange | undefined, text: (text: string) => string): MadeChange | undefined =>
	change && mapStrings({...change, steps: change.steps.map(line => hideFileComments(hideComments(line)))}, text) as MadeChange;

/** The same incident with the pseudonyms of its bundle, so that both can be sent; undefined where that ends before a verdict. */
export const redactBeside = (incident: Incident, bundle: RedactedBundle | undefined, repairOf: RedactTools['repairOf']): Incident | undefined => bundle?.state && {
	...incident, state: bundle.state, repairOf: repairOf(bundle.state), timeline: redactWords(incident.timeline, bundle.text, []), change: redactChange(incident.change, bundle.text),
};

/** The same incident with pseudonyms for names and addresses and without secrets, judged again. Tells what was replaced, and where the verdict is not the same any more. */
export const redactIncident = (incident: Incident, {options, repairOf, warn}: RedactTools): Incident => {
	const redactor = createRedactor([...listNames(incident.state), ...listPlaces(options)], randomBytes(32));
	const state = judgeAgain(redactor.value(incident.state));
	const redacted: Incident = {
		...incident, state, repairOf: repairOf(state), timeline: redactor.value(incident.timeline), change: redactChange(incident.change, redactor.text),
	};
	warn(tellReplaced(redactor.replaced()));
	const [before, after] = [incident.state.diagnosis, state.diagnosis];
	if (before?.conclusion !== after?.conclusion || before?.cause?.check.id !== after?.cause?.check.id) {
		warn(otherVerdict);
	}

	return redacted;
};
