import type {Consent} from '../consent.ts';
import type {Shown} from './mend.ts';
import type {Step} from './runbook.ts';
import {
	type Done,
	type Scene,
	type SceneChange,
	type WalkTools,
	fill,
	forget,
} from './scene.ts';

const toLines = (text: string): readonly string[] => text.trimEnd().split('\n');

/** What cuts connections is asked about twice. */
const agreeTo = async ({isCutting}: Shown, {people}: WalkTools): Promise<Consent> => {
	const consent = await people.agree('make this change?');
	return isCutting ? people.agree('it cuts connections: make it all the same?') : consent;
};

/** Shows a change, asks, and makes it. */
const fix = async (scene: Scene, step: Extract<Step, {fix: unknown}>): Promise<Done> => {
	const {tools} = scene;
	const shown = await tools.mender.show(fill(scene, step.fix), fill(scene, step.nodes ?? 'concerned'));
	try {
		tools.tell({type: 'change-shown', text: shown.preview});
		if (shown.isIdle) {
			return {outcome: 'done', says: 'nothing is to be done: all of it is so already'};
		}

		const made = await shown.make(await agreeTo(shown, tools));
		scene.changes.push({name: step.name, entry: made.entry, isInForce: true});
		await forget(scene);
		return {
			outcome: 'done', says: `made: ${made.entry.title}`, evidence: toLines(made.says), change: made.entry.id,
		};
	} finally {
		await shown.close();
	}
};

/** The changes that are meant, the last one first. */
const chooseChanges = ({changes}: Scene, which: string): readonly SceneChange[] => {
	const open = changes.filter(({isInForce}) => isInForce).toReversed();
	return which === 'all' ? open : (which === 'last' ? open.slice(0, 1) : open.filter(({name}) => name === which));
};

/** Shows what was changed, asks, and puts it back. */
const undo = async (scene: Scene, {undo: which}: Extract<Step, {undo: unknown}>): Promise<Done> => {
	const {tools} = scene;
	const chosen = chooseChanges(scene, which);
	if (chosen.length === 0) {
		return {outcome: 'done', says: 'nothing is to be put back: nothing was changed'};
	}

	tools.tell({type: 'step-told', lines: chosen.map(({entry: {id, title}}) => `${id}  ${title}`)});
	const consent = await tools.people.agree(chosen.length === 1 ? 'put this back?' : 'put these back?');
	for (const change of chosen) {
		// What was changed last was changed on top of the others.
		// eslint-disable-next-line no-await-in-loop
		await tools.mender.undo(change.entry, consent);
		change.isInForce = false;
	}

	await forget(scene);
	return {outcome: 'done', says: `put back: ${chosen.map(({entry}) => entry.title).join('; ')}`, change: chosen[0].entry.id};
};

/** The steps that change something, each after it was asked for. */
export const changingDeeds = {fix, undo} as const;
