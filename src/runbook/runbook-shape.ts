import {findRecipe, recipes} from '../changes/recipes/index.ts';
import {checks} from '../catalogue/index.ts';
import {cellRows, cellWords, stepKinds} from './runbook.ts';
import {
	type FieldsShape,
	type Refusal,
	type Shape,
	type TextShape,
	namePattern,
} from './shape.ts';

const checkIds = checks.map(({id}) => id);

const text = (says: string, more: Partial<TextShape> = {}): TextShape => ({
	kind: 'text', says, longest: 4000, ...more,
});

const filled = (says: string, more: Partial<TextShape> = {}): TextShape => text(says, {isFilled: true, ...more});

const words = (says: string, taken: readonly string[]): TextShape => text(says, {words: taken});

const flag = (says: string): Shape => ({kind: 'flag', says});

const fields = (says: string, known: Readonly<Record<string, Shape>>, more: Partial<FieldsShape> = {}): FieldsShape => ({
	kind: 'fields', says, fields: known, ...more,
});

const anyNumber = (says: string): Shape => ({
	kind: 'number', says, from: -1e15, to: 1e15,
});

const comparisons = {
	is: anyNumber('exactly this'),
	above: anyNumber('more than this'),
	below: anyNumber('less than this'),
	'at-least': anyNumber('this or more'),
	'at-most': anyNumber('this or less'),
};

const compared = (says: string): Shape => fields(says, comparisons);

const refuseExpression = (source: string): Refusal | undefined => {
	try {
		// eslint-disable-next-line no-new
		new RegExp(source, 'mv');
		return undefined;
	} catch (error) {
		return {because: error instanceof Error ? error.message : 'it cannot be read', expected: 'a regular expression of JavaScript (flags m and v)'};
	}
};

const expression = (says: string): TextShape => text(says, {longest: 500, isAnyScalar: true, refuse: refuseExpression});

const nameChange = ({name, values}: typeof recipes[number]): string => (values.length === 0 ? name : `${name}=${values[0]}`);

const refuseFix = (id: string): Refusal | undefined => {
	const check = checks.find(candidate => candidate.id === id);
	if (check) {
		return check.fixedBy === undefined ? {because: `hairpin cannot repair ${id} itself`, expected: 'a check with a repair, or a change: hairpin fix --list'} : undefined;
	}

	return findRecipe(id) ? undefined : {because: `there is no check and no change "${id}"`, expected: 'one of hairpin fix --list'};
};

const names = [...checkIds, ...recipes.map(recipe => nameChange(recipe))];

const cells = Object.fromEntries(cellRows.map(row => [row, words({
	client: 'the client to the ClusterIP',
	'client-direct': 'the client to each endpoint',
	'other-client': 'a pod on another node to the ClusterIP',
	'other-client-direct': 'a pod on another node to each endpoint',
	itself: 'each backend to the ClusterIP, which may lead back to itself',
	node: 'the client\'s node to the ClusterIP',
	all: 'every probe',
}[row], cellWords)]));

const conclusion = words('what it comes to', ['healthy', 'fault', 'undecided']);
const cause = words('the check that explains what fails, or none', ['none', ...checkIds]);

/** An expectation may be left out: then whatever comes is told, and the walk goes on. */
const optional = (shape: Shape): Shape => ({kind: 'either', says: 'what is expected; nothing takes whatever comes', of: [{kind: 'nothing', says: 'no expectation'}, shape]});

const steps: Shape = {kind: 'later', name: 'steps', shape: () => stepList};

const branch = (says: string): Shape => ({kind: 'either', says, of: [{kind: 'nothing', says: 'go on'}, steps]});

const step = fields('One step: exactly one of the things to do, and what belongs to it.', {
	title: filled('a heading', {longest: 200}),
	name: text('a name, for --answer and undo', {pattern: namePattern, longest: 40}),
	text: filled('what is told to the reader'),
	inventory: optional(fields('reads who takes part, and where each pod is plugged in', {endpoints: compared('how many endpoints are ready'), 'same-node': flag('whether the client is on the node of a backend')})),
	probe: optional(fields('tries every path once, without captures', cells)),
	check: optional(fields('judges every check: of what was captured since the last change, else of a new look', {
		conclusion, cause, certain: flag('whether a packet or a counter shows it'), checks: fields('what single checks say', Object.fromEntries(checkIds.map(id => [id, words('its verdict', ['ok', 'broken', 'latent', 'unknown'])]))),
	})),
	capture: optional(fields('captures on client, backend and the client\'s node while the client connects; the numbers are packets', {client: compared('packets at the client'), node: compared('packets at the node'), backend: compared('packets at the backends')})),
	compare: optional(fields('lines the captures up', {
		'impossible-reply': flag('whether a reply came from an address that was not dialled'),
		masqueraded: flag('whether the backend sees another source than the client'),
		ending: words('how the attempt went', ['established', 'refused', 'impossible-reply', 'unreachable', 'unanswered']),
	})),
	run: {
		kind: 'list', says: 'a command, word by word; no shell reads it', least: 1, most: 64, of: filled('a word', {isAnyScalar: true, longest: 1000}),
	},
	at: words('where the command runs: node is the client\'s', ['client', 'backend', 'node', 'backend-node', 'every-node']),
	expect: fields('what the command must do; without a word about its exit code, that is 0', {
		exit: {
			kind: 'number', says: 'its exit code', from: 0, to: 255,
		},
		equals: filled('its whole output, without blanks around it', {isAnyScalar: true}),
		contains: filled('a text in its output', {isAnyScalar: true}),
		lacks: filled('a text that is not in its output', {isAnyScalar: true}),
		matches: expression('a regular expression for its output'),
		number: fields('a number in its output: the first one, or what find finds', {...comparisons, find: expression('a regular expression; its first group, where it has one, is the number')}),
	}),
	seconds: {
		kind: 'number', says: 'how long the command may take; 10 when left out', from: 1, to: 120,
	},
	fix: filled('a check whose repair is made, or a change such as masquerade-all=true; it is shown, and asked for', {refuse: refuseFix, longest: 200, names}),
	nodes: filled('where: all, concerned (the nodes that take part; so when left out), or names with commas between', {longest: 2000}),
	verify: optional(fields('looks anew, with captures; without a word about it, every probe must be open', {...cells, conclusion, cause})),
	undo: text('puts changes of this walk back: last, all, or the name of a step', {longest: 40}),
	ask: filled('a question to the person; --answer NAME=ANSWER answers it beforehand'),
	answers: {
		kind: 'named', says: 'the answers, and the steps behind each', of: branch('the steps behind this answer'), most: 12,
	},
	choose: filled('goes on with the case of this name, such as $(cause)'),
	cases: {
		kind: 'named', says: 'the cases, and the steps of each', of: branch('the steps of this case'), most: 40, required: ['otherwise'],
	},
	stop: filled('ends the walk, and why'),
	call: filled('whom to call', {longest: 400}),
	as: words('what the walk comes to then: healthy is exit code 0, fault 1, undecided (when left out) 2', ['healthy', 'fault', 'undecided']),
}, {
	oneOf: stepKinds,
	needs: {
		run: ['at'], at: ['run'], expect: ['run'], seconds: ['run'], nodes: ['fix'], ask: ['answers', 'name'], answers: ['ask'], choose: ['cases'], cases: ['choose'], call: ['stop'], as: ['stop'],
	},
});

const stepList: Shape = {
	kind: 'list', says: 'steps, in their order', least: 0, most: 200, of: {kind: 'later', name: 'step', shape: () => step},
};

/** `hairpin/runbook/v1`. */
export const runbookShape = fields('A written procedure that hairpin can walk through.', {
	runbook: words('the version of the format', ['hairpin/runbook/v1']),
	title: text('what it is for, in one line', {longest: 200}),
	about: text('when to use it, and what it costs'),
	target: fields('what it is about, where the command line names nothing else', {
		service: filled('svc/NAME or svc/NAME:PORT', {longest: 300}), from: filled('the client: pod/NAME, or a workload such as deploy/NAME', {longest: 300}), namespace: filled('of the Service and the client', {longest: 63}),
	}),
	variables: {
		kind: 'named', says: 'what can be given with --set NAME=VALUE', most: 50, of: {
			kind: 'either', says: 'a variable', of: [
				{kind: 'nothing', says: 'it must be given'},
				fields('a variable', {says: text('what it is', {longest: 400}), default: text('its value where none is given; without one it must be', {isAnyScalar: true, longest: 1000})}),
			],
		},
	},
	steps: {...stepList, least: 1},
}, {required: ['runbook', 'title', 'steps']});
