import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import type {Access} from '../access/access.ts';
import {editJson, editYaml} from './edit-document.ts';
import type {
	Change,
	Edit,
	NodePlan,
	NotApplicable,
	Restart,
} from './change.ts';
import {
	type Line,
	type Setting,
	type Step,
	readSettings,
} from './node-program.ts';

/** What will be done on one node, from what is there at this moment. */
export type PreparedNode = {
	readonly node: string;
	readonly steps: readonly PreparedStep[];
	/** Names of systemd units, in the order in which they are started anew. */
	readonly units: readonly string[];
	readonly leftoversOf: NodePlan['leftoversOf'];
};

/** A step with the texts that a person wants to compare; undefined where a file is not there. */
export type PreparedStep = Step & {readonly textBefore?: string; readonly textAfter?: string};

// The kernel takes no longer argument of a program (MAX_ARG_STRLEN), and base64 makes four bytes of three.
const maxFileBytes = 90_000;

type FileEdit = Extract<Edit, {readonly path: string}>;

const isFileEdit = (edit: Edit): edit is FileEdit => ['file', 'yaml', 'json'].includes(edit.kind);

const settingOf = (edit: Edit): Setting => {
	switch (edit.kind) {
		case 'file':
		case 'yaml':
		case 'json': {
			return {kind: 'file', name: edit.path};
		}

		case 'sysctl': {
			return {kind: 'sysctl', name: edit.key};
		}

		case 'module': {
			return {kind: 'module', name: edit.name};
		}

		case 'bridge-port': {
			return {kind: 'bridge-port', name: edit.port};
		}

		case 'bridge-flag': {
			return {kind: 'bridge-flag', name: `${edit.bridge} ${edit.flag}`};
		}

		case 'rule': {
			return {kind: 'rule', name: [edit.program, edit.table, ...edit.words].join(' ')};
		}
	}
};

const wantedValue = (edit: Exclude<Edit, FileEdit>): string => {
	switch (edit.kind) {
		case 'module': {
			return 'loaded';
		}

		case 'rule': {
			return 'present';
		}

		case 'sysctl':
		case 'bridge-port':
		case 'bridge-flag': {
			return String(edit.value);
		}
	}
};

type Reading = {readonly value: string; readonly text: string | undefined};

const hashText = (text: string): string => `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`;

const isText = (bytes: Buffer): boolean => Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes);

const readingOf = (lines: readonly Line[], number: number): Reading | undefined => {
	const line = lines.find(candidate => candidate.number === number && ['value', 'bytes', 'hex'].includes(candidate.word));
	if (line === undefined || line.word === 'value') {
		return line && {value: line.rest, text: undefined};
	}

	const bytes = Buffer.from(line.rest, line.word === 'hex' ? 'hex' : 'base64');
	// What is not UTF-8 would not come back as it was.
	return isText(bytes) ? {value: hashText(bytes.toString('utf8')), text: bytes.toString('utf8')} : {value: 'other', text: undefined};
};

const composeText = (edit: FileEdit, present: string | undefined): {readonly text: string} | {readonly refused: string} => {
	if (edit.kind === 'file') {
		return {text: edit.content};
	}

	if (present === undefined) {
		return {refused: 'there is no such file'};
	}

	return edit.kind === 'yaml' ? editYaml(present, edit.key, edit.value) : editJson(present, edit.key, edit.value);
};

const refuseOn = (node: string, refused: string): NotApplicable => ({refused: `${node}: ${refused}`, tryThis: 'nothing was changed; repair that by hand first, or leave the node out: --node NODE'});

const prepareFile = (node: string, edit: FileEdit, present: string | undefined): PreparedStep | NotApplicable | undefined => {
	const composed = composeText(edit, present);
	if ('refused' in composed) {
		return refuseOn(node, `${edit.path}: ${composed.refused}`);
	}

	if (composed.text.length > maxFileBytes) {
		return refuseOn(node, `${edit.path} is larger than ${maxFileBytes} bytes`);
	}

	const before = present === undefined ? 'absent' : hashText(present);
	return composed.text === present
		? undefined
		: {
			kind: 'file', name: edit.path, before, wanted: `base64:${Buffer.from(composed.text, 'utf8').toString('base64')}`, textBefore: present, textAfter: composed.text,
		};
};

/** A step for one edit; undefined where it is as wanted already. */
const prepareStep = (node: string, edit: Edit, {value, text}: Reading): PreparedStep | NotApplicable | undefined => {
	const setting = settingOf(edit);
	if (isFileEdit(edit)) {
		if (value === 'other' || !edit.path.startsWith('/')) {
			return refuseOn(node, edit.path.startsWith('/') ? `${edit.path} is not a text file` : `${edit.path} is relative to where its daemon was started`);
		}

		return prepareFile(node, edit, text);
	}

	const wanted = wantedValue(edit);
	return value === wanted ? undefined : {...setting, before: value, wanted};
};

/** Edits of one file, one upon the other, are one step. */
const prepareEdits = (node: string, edits: readonly Edit[], lines: readonly Line[]): readonly PreparedStep[] | NotApplicable => {
	const steps = new Map<string, PreparedStep>();
	for (const [number, edit] of edits.entries()) {
		const name = `${settingOf(edit).kind} ${settingOf(edit).name}`;
		const reading = readingOf(lines, number);
		if (!reading) {
			return refuseOn(node, `${settingOf(edit).name} could not be read`);
		}

		const earlier = steps.get(name);
		const step = prepareStep(node, edit, earlier ? {value: hashText(earlier.textAfter ?? ''), text: earlier.textAfter} : reading);
		if (step !== undefined && 'refused' in step) {
			return step;
		}

		if (step) {
			steps.set(name, earlier ? {...step, before: earlier.before, textBefore: earlier.textBefore} : step);
		}
	}

	return steps.values().toArray();
};

/** A daemon that is no unit runs in a container or by hand: nobody knows how it is started anew. */
const unitOf = (cgroup: string): string | undefined => /(?:^|\/)(?<unit>[\w\-.:@\\]+\.service)$/v.exec(cgroup.trim())?.groups?.unit;

const findUnits = async (access: Access, node: string, restarts: readonly Restart[]): Promise<readonly string[] | NotApplicable> => {
	const units: string[] = [];
	for (const {daemon, pid} of restarts) {
		// eslint-disable-next-line no-await-in-loop
		const answer = await access.run({kind: 'node', node}, {text: String.raw`sed -n "s/^\(0::\|1:name=systemd:\)//p" "/proc/$1/cgroup" | tail -n 1`, args: [String(pid)]}, {timeoutMs: 20_000});
		const unit = answer.ok ? unitOf(answer.stdout) : undefined;
		if (unit === undefined) {
			return refuseOn(node, `${daemon} (process ${pid}) is no systemd unit, so how it is started anew is not known`);
		}

		units.push(unit);
	}

	return units;
};

/** Reads what a plan would change on one node, to the byte. */
const prepareNode = async (access: Access, {node, edits, restarts, leftoversOf}: NodePlan, isInForce: boolean): Promise<PreparedNode | NotApplicable> => {
	const {lines, problem} = await readSettings(access, node, edits.map(edit => settingOf(edit)));
	if (lines.every(({word}) => word !== 'end')) {
		return refuseOn(node, `its settings could not be read: ${problem}`);
	}

	const steps = prepareEdits(node, edits, lines);
	if ('refused' in steps) {
		return steps;
	}

	// What is in the file already, but is not in force, was not read by its daemon yet.
	const units = !isInForce || steps.length > 0 ? await findUnits(access, node, restarts) : [];
	return 'refused' in units
		? units
		: {
			node, steps, units, leftoversOf,
		};
};

const isIdle = ({steps, units, leftoversOf}: PreparedNode): boolean => steps.length === 0 && units.length === 0 && leftoversOf === undefined;

/** What a change would do, to the byte, from what is on the nodes at this moment. Nodes where nothing is to be done are left out. */
export const prepareNodes = async (access: Access, {plan}: Change, isInForce: (node: string) => boolean): Promise<readonly PreparedNode[] | NotApplicable> => {
	const answers = await Promise.all(plan.nodes.map(async node => prepareNode(access, node, isInForce(node.node))));
	const nodes = answers.flatMap(answer => ('refused' in answer ? [] : [answer]));
	return answers.find(answer => 'refused' in answer) ?? nodes.filter(node => !isIdle(node));
};
