import type {EvidenceRef} from '../../check.ts';
import type {Known, Origin} from '../../evidence/evidence.ts';
import {type Attempt, nameCell} from '../../probes/matrix.ts';
import {
	type Line,
	indentLines,
	line,
	span,
	wrap,
} from '../line.ts';
import type {Model} from '../model.ts';
import {marks} from '../theme.ts';
import {matrixText} from './reach.ts';

const maxLines = 400;

const indent = (lines: readonly Line[]): readonly Line[] => indentLines(lines, 3);

const raw = (text: string, width: number): readonly Line[] => {
	const lines = text.split('\n').filter((content, index, all) => content !== '' || index < all.length - 1);
	const shown = lines.slice(0, maxLines).flatMap(content => wrap(content.replaceAll('\t', ' '.repeat(4)), width - 4));
	return indent([...shown, ...(lines.length > maxLines ? [line([`… ${lines.length - maxLines} more lines`, 'dim'])] : [])]);
};

const originText = ({point, command, excerpt}: Origin, width: number): readonly Line[] => [
	...wrap(`$ ${command}`, width - 2, 'accent').map((text, index): Line => [span(' '), ...text, ...(index === 0 ? line([`   in ${point}`, 'dim']) : [])]),
	...(excerpt.trim() === '' ? indent([line(['(it printed nothing)', 'dim'])]) : raw(excerpt, width)),
	[],
];

const refText = (ref: EvidenceRef, width: number): readonly Line[] => {
	switch (ref.kind) {
		case 'value': {
			return originText(ref.origin, width);
		}

		case 'packet': {
			return [line([` frame ${ref.frame}`, 'accent'], [`   captured in ${ref.point}`, 'dim']), ...raw(ref.says, width), []];
		}

		case 'object': {
			return [line([` ${ref.object}`, 'accent'], ['   from the Kubernetes API', 'dim']), ...raw(ref.says, width), []];
		}
	}
};

const isKnown = (value: unknown): value is Exclude<Known<unknown>, {readonly unknown: string}> => typeof value === 'object' && value !== null && 'origin' in value && 'value' in value;

/** Every value that was read, with its origin; one command that told several values stands once. */
const originsIn = (values: Readonly<Record<string, unknown>>): readonly Origin[] => {
	const known = Object.values(values).flatMap(value => [value, ...Object.values(value ?? {}) as readonly unknown[]]).filter(value => isKnown(value));
	return new Map(known.map(({origin}) => [`${origin.command}\n${origin.excerpt}`, origin])).values().toArray();
};

const readingsText = ({state}: Model, width: number): readonly Line[] => [...state.nodes.values(), ...state.pods.values()]
	.flatMap(evidence => originsIn(evidence).flatMap(origin => originText(origin, width)));

const heading = (title: string): readonly Line[] => [line([` ${title}`, 'strong']), []];

/** What a person would type, whole: a line that is too long goes on further right. */
const commandText = (command: string, width: number): readonly Line[] => {
	const [first, ...rest] = wrap(command, width - 9);
	const further = command.length - command.trimStart().length + 2;
	return indent([first, ...indentLines(rest, further)]);
};

const repairsText = ({repairs, state}: Model, id: string, width: number): readonly Line[] => (repairs.length === 0 || state.diagnosis?.cause?.check.id !== id
	? []
	: [...heading('What repairs it'), ...repairs.flatMap(command => commandText(command, width)), []]);

const checkText = (model: Model, id: string, width: number): readonly Line[] => {
	const check = model.checks.find(candidate => candidate.id === id);
	if (check === undefined) {
		return [];
	}

	const verdict = model.state.findings.find(finding => finding.check.id === id)?.verdict;
	const {sign, look} = marks[verdict?.status ?? 'pending'];
	const refs = verdict && 'evidence' in verdict ? verdict.evidence : [];
	return [
		line(' ', [sign, look], ' ', [check.title, 'strong'], [`   ${check.id}`, 'dim']),
		[],
		...indent(wrap(check.explain, width - 6, 'dim')),
		[],
		...indent(wrap(verdict?.because ?? 'not judged yet', width - 6)),
		[],
		...repairsText(model, id, width),
		...(refs.length > 0 ? [...heading('This shows it'), ...refs.flatMap(ref => refText(ref, width))] : []),
		...heading(refs.length > 0 ? 'Everything that was read' : 'It was judged by what was read'),
		...readingsText(model, width),
	];
};

const capturesText = ({state}: Model, width: number): readonly Line[] => state.live.values().flatMap(({label, command, total, problem}) => {
	const point = state.capture?.points.find(candidate => candidate.label === label);
	return [
		...wrap(`$ ${command === '' ? `tcpdump in ${label}` : command}`, width - 2, 'accent').map((text): Line => [span(' '), ...text]),
		...raw([problem ?? `${total} packets`, ...(point?.kernelDrops === undefined ? [] : [`${point.kernelDrops} packets dropped by kernel`])].join('\n'), width),
		[],
	];
}).toArray();

const entriesText = ({state}: Model, width: number): readonly Line[] => (state.capture ? [state.capture.conntrackEntries, state.capture.ipvsConnections] : [])
	.flatMap(known => ('unknown' in known ? [line([` ${known.unknown}`, 'dim']), []] : originText(known.origin, width)));

/** The verdict where there is no check that one could look at instead. */
const verdictText = ({state: {diagnosis}}: Model, width: number): readonly Line[] => (diagnosis && !diagnosis.cause ? [...heading('Verdict'), ...indent(wrap(diagnosis.sentence, width - 6)), []] : []);

const attemptLine = ({outcome, ms, backend, sourcePort, isDecidedByPackets}: Attempt): Line => line(`${outcome} after ${ms.toFixed(1)} ms`, [
	`${sourcePort === undefined ? '' : `  from port ${sourcePort}`}${backend === undefined ? '' : `  at ${backend}`}${isDecidedByPackets ? '  (decided by packets)' : ''}`, 'dim',
]);

const cellText = (model: Model, name: string, width: number): readonly Line[] => {
	const matrix = model.state.matrix.filter(cell => nameCell(cell) === name || cell.from === name);
	return [
		...matrix.flatMap(cell => [
			line([` ${nameCell(cell)}`, 'strong']),
			...indent(wrap(`$ ${cell.command}`, width - 4, 'accent')),
			...indent(cell.attempts.map(attempt => attemptLine(attempt))),
			...(cell.error === undefined ? [] : indent(wrap(cell.error, width - 4, 'warn'))),
			[],
		]),
		...matrixText(model, width),
	];
};

/** The commands and their raw output behind a line of the incident. */
export const evidenceText = (model: Model, width: number): readonly Line[] => {
	const {subject} = model.view;
	switch (subject.kind) {
		case 'check': {
			return checkText(model, subject.id, width);
		}

		case 'cell': {
			return cellText(model, subject.name, width);
		}

		case 'captures': {
			return [...verdictText(model, width), ...heading('Captures'), ...capturesText(model, width), ...heading('What the kernel kept of these attempts'), ...entriesText(model, width)];
		}
	}
};
