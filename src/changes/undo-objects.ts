import {isDeepStrictEqual} from 'node:util';
import type {KubectlProgram} from '../cluster/kubectl.ts';
import type {Consent} from '../consent.ts';
import type {ChangeNews} from './change-news.ts';
import {diffValues} from './describe-change.ts';
import type {Entry, ObjectEntry} from './journal.ts';
import {patchObject, readField, restartDaemonSet} from './objects.ts';

export type UndoTools = {
	readonly consent: Consent;
	readonly kubectl: KubectlProgram;
	readonly tell: (news: ChangeNews) => void;
};

/** Why something could not be put back; `difference` is what somebody else wrote since, where that is why. */
export type UndoProblem = {readonly problem: string; readonly difference: readonly string[]};

/** Puts one field back. Resolves with whether it had to be, or with why it could not be. */
const undoObject = async ({kubectl, consent}: UndoTools, object: ObjectEntry): Promise<UndoProblem | {readonly isChanged: boolean}> => {
	const name = `${object.resource} ${object.namespace}/${object.name}`;
	const now = await readField(kubectl, object);
	if ('unknown' in now) {
		return {problem: `${name} could not be read: ${now.unknown}`, difference: []};
	}

	if (isDeepStrictEqual(now.value, object.before)) {
		return {isChanged: false};
	}

	if (!isDeepStrictEqual(now.value, object.after)) {
		return {problem: `${name} was changed by somebody else since, so it is left as it is`, difference: diffValues(name, object.after, now.value)};
	}

	const answer = await patchObject(kubectl, consent, {...object, before: object.after, after: object.before});
	return answer.ok ? {isChanged: true} : {problem: `${name} could not be put back: ${answer.because}`, difference: []};
};

/** Puts the objects of a change back as they were, and starts anew what reads them. Resolves with why that was not possible. */
export const undoObjects = async (tools: UndoTools, {objects, rollouts}: Entry): Promise<UndoProblem | undefined> => {
	const touched = objects.filter(({progress}) => progress !== 'planned');
	for (const object of touched) {
		// eslint-disable-next-line no-await-in-loop
		const done = await undoObject(tools, object);
		if ('problem' in done) {
			return done;
		}

		if (done.isChanged) {
			tools.tell({type: 'object-changed', object: `${object.resource} ${object.namespace}/${object.name}`});
		}
	}

	for (const rollout of touched.length > 0 ? rollouts : []) {
		tools.tell({type: 'rollout-begun', name: rollout.name});
		// eslint-disable-next-line no-await-in-loop
		const problem = await restartDaemonSet(tools.kubectl, tools.consent, rollout);
		if (problem !== undefined) {
			return {problem: `the pods of ${rollout.name} did not come back: ${problem}`, difference: []};
		}

		tools.tell({type: 'rollout-ended', name: rollout.name});
	}

	return undefined;
};
