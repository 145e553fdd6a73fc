import test from 'ava';
import {checks} from '../src/catalogue/index.ts';
import {explain} from '../src/explain-command.ts';
import type {UserFacingError} from '../src/user-facing-error.ts';

const print = async (id?: string, isWhole = false): Promise<string> => {
	let written = '';
	const write = (text: string): void => {
		written += text;
	};

	await explain({command: 'explain', id, isWhole}, {write, warn: write});
	return written;
};

test('explain lists each check with what is true when it is healthy', async t => {
	const list = await print();
	t.is(list.trimEnd().split('\n').length, checks.length);
	t.true(checks.every(({id, title}) => list.split('\n').some(line => line.startsWith(`${id} `) && line.endsWith(` ${title}`))));
});

test('explain ID tells why it decides the path, and what repairs it', async t => {
	t.regex(await print('br-netfilter-not-loaded'), /goes straight from port to port.*\n\nAsked by `hairpin check`, and of each node.*best first: `br-netfilter`/sv);
	t.regex(await print('target-port-mismatch'), /hairpin changes it by itself where the evidence says to what/v);
	t.regex(await print('pod-route-missing'), /hairpin changes nothing here/v);
});

test('explain --all is the page of every check', async t => {
	const page = await print(undefined, true);
	t.deepEqual(checks.filter(({id, explain: why}) => !page.includes(`\n## ${id}\n`) || !page.includes(why)), []);
});

test('a name that is nearly one of a check is answered with it', async t => {
	const error = await t.throwsAsync<UserFacingError>(print('br-netfilter-not-loade'));
	t.is(error.because, 'there is no check br-netfilter-not-loade');
	t.regex(error.tryThis, /did you mean br-netfilter-not-loaded\?/v);
});
