import {randomBytes} from 'node:crypto';
import type {AccessOptions, ClusterOptions} from './options.ts';
import {createBundleRedactor} from './redact/bundle-redactor.ts';
import {namesInText} from './redact/learn-names.ts';
import {listAddresses} from './redact/list-originals.ts';
import {type Name, isEverywhere} from './redact/names.ts';
import {judgeAgain, listNames} from './redact/redact-incident.ts';
import {hideComments, hideFileComments} from './redact/redact-comments.ts';
import {type Replaced, mapStrings} from './redact/redactor.ts';
import {redactWords} from './redact/redact-words.ts';
import type {Incident, MadeChange} from './report/incident.ts';
import type {RedactedBundle} from './redact-bundle.ts';
import type {SessionState} from './session-state.ts';

/** `alice@bastion` is a user and a host; `root` is nobody. */
const namesOfDestination = (destination: string): readonly Name[] => {
	const at = destination.lastIndexOf('@');
	const user = destination.slice(0, Math.max(0, at));
	return [{kind: 'place', name: destination}, {kind: 'place', name: destination.slice(at + 1)}, ...(['', 'root'].includes(user) ? [] : [{kind: 'user', name: user} as const])];
};

/** What the person typed may name hosts, users and files, and commands repeat it. */
export const listPlaces = ({destinations, sshConfig, image, pullSecret, debugNamespace, context, kubeconfig}: AccessOptions & ClusterOptions): readonly Name[] => [
	...destinations.values().flatMap(destination => (destination === undefined ? [] : namesOfDestination(destination))),
	...[sshConfig, image, pullSecret, debugNamespace, context, kubeconfig].flatMap(name => (name === undefined ? [] : [{kind: 'place', name} as const, ...namesInText(name)])),
];

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

/** Every text in a value. */
const listTexts = (value: unknown): readonly string[] => {
	const texts: string[] = [];
	mapStrings(value, text => {
		texts.push(text);
		return text;
	});
	return texts;
};

/** What was told shows rules and diffs, with what people wrote beside them. */
const hideNotes = (text: string): string => hideFileComments(hideComments(text));

const redactTimeline = (timeline: Incident['timeline'], text: (text: string) => string): Incident['timeline'] => redactWords(timeline, said => text(hideNotes(said)), []);

const redactChange = (change: MadeChange | undefined, text: (text: string) => string): MadeChange | undefined =>
	change && mapStrings({...change, steps: change.steps.map(line => hideNotes(line))}, text) as MadeChange;

/** The same incident with the pseudonyms of its bundle, so that both can be sent; undefined where that ends before a verdict. */
export const redactBeside = (incident: Incident, bundle: RedactedBundle | undefined, repairOf: RedactTools['repairOf']): Incident | undefined => bundle?.state && {
	...incident, state: bundle.state, repairOf: repairOf(bundle.state), timeline: redactTimeline(incident.timeline, bundle.text), change: redactChange(incident.change, bundle.text),
};

/** The same incident with pseudonyms for names and addresses and without secrets, judged again. Tells what was replaced, and where the verdict is not the same any more. */
export const redactIncident = (incident: Incident, {options, repairOf, warn}: RedactTools): Incident => {
	const texts = listTexts([incident.state, incident.timeline, incident.change]);
	const names = [...listNames(incident.state), ...listPlaces(options), ...texts.flatMap(text => namesInText(text))];
	const redactor = createBundleRedactor({names, ...listAddresses({texts, captures: []}), isKept: isEverywhere}, randomBytes(32));
	const state = judgeAgain(mapStrings(incident.state, said => redactor.text(hideComments(said))) as SessionState);
	const redacted: Incident = {
		...incident, state, repairOf: repairOf(state), timeline: redactTimeline(incident.timeline, redactor.text), change: redactChange(incident.change, redactor.text),
	};
	warn(tellReplaced(redactor.replaced()));
	const [before, after] = [incident.state.diagnosis, state.diagnosis];
	if (before?.conclusion !== after?.conclusion || before?.cause?.check.id !== after?.cause?.check.id) {
		warn(otherVerdict);
	}

	return redacted;
};
