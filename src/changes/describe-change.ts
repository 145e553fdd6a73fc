import {createTwoFilesPatch} from 'diff';
import {cleanText} from '../clean.ts';
import type {ObjectPlan} from './change.ts';
import type {Step} from './node-program.ts';
import type {PreparedNode, PreparedStep} from './prepare.ts';

/** One step as a person would type it, and what puts it back. */
export type TypedStep = {
	readonly command: string;
	readonly undo: string;
	/** A unified diff, for what is a text. */
	readonly diff: readonly string[];
};

const dotted = (key: string): string => key.replaceAll('/', '.');

const typeRule = (name: string, verb: string): string => {
	const [program, table, chain, ...words] = name.split(' ');
	return `${program} -w -t ${table} ${verb} ${chain} ${words.join(' ')}`;
};

const typePort = (port: string, value: string): string => `ip link set dev ${port} type bridge_slave hairpin ${value === '1' ? 'on' : 'off'}`;

const typeSetting = ({kind, name}: Step, value: string, isUndo: boolean): string => {
	switch (kind) {
		case 'sysctl': {
			return value === 'absent' ? '(gone with its module)' : `sysctl -w ${dotted(name)}=${value}`;
		}

		case 'module': {
			return value === 'absent' ? `rmmod ${name}` : `modprobe ${name}`;
		}

		case 'bridge-port': {
			return typePort(name, value);
		}

		case 'bridge-flag': {
			const [bridge, flag] = name.split(' ', 2);
			return `echo ${value} > /sys/class/net/${bridge}/bridge/${flag}`;
		}

		case 'rule': {
			return typeRule(name, isUndo ? '-D' : '-I');
		}

		case 'file': {
			return value === 'absent' ? `rm ${name}` : `write ${name}`;
		}
	}
};

// The lines of a diff that name the files are said otherwise.
const diffTexts = (name: string, before: string | undefined, after: string | undefined): readonly string[] =>
	cleanText(createTwoFilesPatch(name, name, before ?? '', after ?? '', undefined, undefined, {context: 2})).split('\n').slice(4).filter(line => line !== '' && !line.startsWith('\\'));

export const typeStep = (step: PreparedStep): TypedStep => {
	const isNew = step.before === 'absent';
	const command = step.kind === 'file' ? `${isNew ? 'create' : 'edit'} ${step.name}` : typeSetting(step, step.wanted, false);
	const undo = step.kind === 'file' ? (isNew ? `rm ${step.name}` : `put back ${step.name}, byte for byte`) : typeSetting(step, step.before, true);
	return {
		command: cleanText(command), undo: cleanText(undo), diff: step.kind === 'file' ? diffTexts(step.name, step.textBefore, step.textAfter) : [],
	};
};

export const typeUnits = ({units}: PreparedNode): readonly string[] => units.map(unit => cleanText(`systemctl restart ${unit}`));

const showValue = (value: unknown): string => (typeof value === 'string' ? value : `${JSON.stringify(value)}\n`);

/** What somebody else made of a field of an object, as the lines of a diff. A field that is gone is `undefined`. */
export const diffValues = (name: string, ours: unknown, now: unknown): readonly string[] => diffTexts(name, showValue(ours), now === undefined ? undefined : showValue(now));

/** An object of the cluster as it will be changed. */
export const typeObject = ({resource, namespace, name, pointer, before, after}: ObjectPlan): TypedStep => ({
	command: `kubectl -n ${namespace} patch ${resource} ${name}   # ${pointer}`,
	undo: 'the same the other way round, where it is still as it was made',
	diff: diffTexts(name, showValue(before), showValue(after)),
});
