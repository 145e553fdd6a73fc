import {readFileSync, readdirSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type {Access} from '../src/access/access.ts';
import {createMixedAccess} from '../src/access/mixed.ts';
import {giveConsent} from '../src/consent.ts';
import {UserFacingError} from '../src/user-facing-error.ts';

const source = new URL('../src/', import.meta.url).pathname;

const importsOf = (file: string): readonly string[] => readFileSync(path.join(source, file), 'utf8')
	.matchAll(/^import (?!type )[^;]*?'(?<specifier>\.[^']+)'/gmv)
	.map(({groups}) => path.normalize(path.join(path.dirname(file), groups?.specifier ?? ''))).toArray();

/** Every file that runs because of one. */
const reach = (file: string): ReadonlySet<string> => {
	const seen = new Set<string>();
	const waiting = [file];
	for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
		if (seen.has(next)) {
			continue;
		}

		seen.add(next);
		waiting.push(...importsOf(next));
	}

	return seen;
};

const canReachChanges = (file: string): boolean => reach(file).values().some(target => /^(?:changes|fix)\//v.test(target));

test('with --read-only nothing is agreed to, whatever else is said', t => {
	for (const isAgreed of [true, false]) {
		const error = t.throws(() => giveConsent({isAgreed, isReadOnly: true}), {instanceOf: UserFacingError});
		t.regex(error.because, /--read-only/v);
	}

	t.throws(() => giveConsent({isAgreed: false, isReadOnly: false}), {instanceOf: UserFacingError, message: /nobody agreed/v});
	t.notThrows(() => giveConsent({isAgreed: true, isReadOnly: false}));
});

/** A node that counts what it is told to change. */
const createCounter = () => {
	const changed: string[] = [];
	const access = {
		connect: async () => ({ok: true}),
		change(node: string) {
			changed.push(node);
			return {};
		},
		async close() {}, // eslint-disable-line @typescript-eslint/no-empty-function
	} as unknown as Access;
	return {changed, way: {name: 'counter', open: async () => access}};
};

test('without consent no way onto a node changes anything', async t => {
	const {changed, way} = createCounter();
	const bare = createMixedAccess(() => [way]);
	await bare.connect('k8s1');
	const {because} = await bare.change('k8s1', {text: ':', args: []}).ended;
	t.regex(because ?? '', /nobody agreed/v);
	t.deepEqual(changed, []);
	const agreed = createMixedAccess(() => [way], giveConsent({isAgreed: true, isReadOnly: false}));
	await agreed.connect('k8s1');
	agreed.change('k8s1', {text: ':', args: []});
	t.deepEqual(changed, ['k8s1']);
});

test('check, nodes and the other commands that only look never reach what changes', t => {
	for (const file of ['check-command.ts', 'session.ts', 'vip-check.ts', 'nodes-command.ts', 'sweep-command.ts', 'warm-command.ts', 'ladder.ts']) {
		t.false(canReachChanges(file), `${file} reaches it`);
	}

	t.true(canReachChanges('fix-command.ts'));
	t.true(canReachChanges('undo-command.ts'));
});

test('consent is given in the commands that ask or are told --yes and by keys on the screens of a change and of a runbook, and nowhere else', t => {
	const givers = readdirSync(source, {recursive: true, encoding: 'utf8'}).filter(file => /\.tsx?$/v.test(file) && file !== 'consent.ts' && readFileSync(path.join(source, file), 'utf8').includes('giveConsent('));
	t.deepEqual(givers.toSorted(), ['fix-command.ts', 'incident-repair.ts', 'runbook/mend.ts', 'runbook/people.ts', 'undo-command.ts', 'walk-guide.ts']);
	const casts = readdirSync(source, {recursive: true, encoding: 'utf8'}).filter(file => /\.tsx?$/v.test(file) && / as (?:unknown as )?Consent\b/v.test(readFileSync(path.join(source, file), 'utf8')));
	t.deepEqual(casts, ['consent.ts']);
});
