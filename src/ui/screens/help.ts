import {type KeyBinding, keyBindings, nameKey} from '../keys.ts';
import {
	type Line,
	line,
	span,
	wrap,
} from '../line.ts';
import type {Model} from '../model.ts';

const commandWidth = 11;

const legend: ReadonlyArray<readonly [sign: string, meaning: string]> = [
	['✓', 'as it should be'],
	['✗', 'broken; of a packet: it cannot be right'],
	['!', 'does no harm now, but will: after a reboot, or once another fault is fixed'],
	['?', 'could not be judged; the line says why'],
	['dnat snat', 'the address that NAT put in before this capture saw the packet'],
	['restored', 'the reply came back through NAT with the Service\'s address'],
];

const keysOf = ({keys}: KeyBinding): string => keys.map(key => nameKey(key)).join(' ');

/** Room for the longest keys, and what stands around them. */
const keysWidth = 4 + Math.max(...keyBindings.map(binding => keysOf(binding).length));

const row = (keys: string, command: string, text: string, width: number): readonly Line[] => wrap(text, width - keysWidth - commandWidth - 2).map((content, index): Line => [
	span(`  ${(index === 0 ? keys : '').padEnd(keysWidth - 2)}`, 'accent'),
	span((index === 0 ? command : '').padEnd(commandWidth), 'dim'),
	...content,
]);

/** Every key, from the one table; with the reason where one is off now. */
export const helpText = (model: Model, width: number): readonly Line[] => [
	line([' Keys', 'strong']),
	[],
	...keyBindings.flatMap(binding => {
		const {command, explains, on, offWhen} = binding;
		const reason = offWhen?.(model);
		const where = on !== 'everywhere' && on.length === 1 && on[0] === 'shell' ? 'in the shell: ' : '';
		return row(keysOf(binding), command === undefined ? '' : `:${command}`, `${where}${explains}${reason === undefined ? '' : ` (off: ${reason})`}`, width);
	}),
	[],
	line([' Marks', 'strong']),
	[],
	...legend.flatMap(([sign, meaning]) => row(sign, '', meaning, width)),
];
