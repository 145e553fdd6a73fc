import {wrapText} from '../report/table.ts';
import type {Step} from './runbook.ts';
import {type Done, type Scene, fill} from './scene.ts';

const width = 124;

/** Paragraphs and lists stay as they are; long lines are broken. */
export const tellText = (text: string): readonly string[] => text.trimEnd().split('\n').flatMap(line => wrapText(line, width, ''));

const exitCodes = {healthy: 0, fault: 1, undecided: 2} as const;

const text = async (scene: Scene, step: Extract<Step, {text: unknown}>): Promise<Done> => ({outcome: 'done', says: 'read', evidence: tellText(fill(scene, step.text))});

const ask = async (scene: Scene, {ask: question, answers, name = ''}: Extract<Step, {ask: unknown}>): Promise<Done> => {
	const known = Object.keys(answers);
	const answer = await scene.tools.people.answer(name, fill(scene, question), known);
	return answer === undefined
		? {outcome: 'undecided', says: `nobody answered "${name}" (${known.join(', ')}), and there is no terminal to ask at: --answer ${name}=${known[0]}`}
		: {outcome: 'done', says: `answered: ${answer}`, branch: answers[answer] ?? []};
};

const choose = async (scene: Scene, {choose: what, cases}: Extract<Step, {choose: unknown}>): Promise<Done> => {
	const value = fill(scene, what);
	const chosen = Object.hasOwn(cases, value) ? value : 'otherwise';
	return {outcome: 'done', says: chosen === value ? `it is ${value}` : `it is ${value}: the case "otherwise"`, branch: cases[chosen] ?? []};
};

const stop = async (scene: Scene, {stop: because, call, as = 'undecided'}: Extract<Step, {stop: unknown}>): Promise<Done> => ({
	outcome: 'stopped', says: fill(scene, because), evidence: call === undefined ? [] : [`call: ${fill(scene, call)}`], exitCode: exitCodes[as],
});

/** The steps that tell, ask, and lead on. */
export const talkingDeeds = {
	text, ask, choose, stop,
} as const;
