import {readFileSync} from 'node:fs';
import test from 'ava';
import {describeChecks} from '../build/describe-checks.ts';
import {checks} from '../src/checks/index.ts';
import {parseOptions} from '../src/options.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the README lists every check as the program explains it', t => {
	const rows = checks.map(({id, title, explain}) => `| \`${id}\` | ${title} | ${explain} |`);
	const table = ['| fault | true when healthy | why it decides the path |', '|---|---|---|', ...rows].join('\n');
	t.true(readme.includes(table), `the table should be\n${table}`);
});

test('the page of the checks is what the checks say', t => {
	const page = readFileSync(new URL('../docs/checks.md', import.meta.url), 'utf8');
	t.true(page === describeChecks(checks), 'docs/checks.md is stale: npm run docs');
	t.deepEqual(checks.filter(({id}) => !page.includes(`\n## ${id}\n`)), []);
});

test('the README names every option of each command', t => {
	for (const command of ['check', 'ladder', 'nodes', 'runbook', 'sweep', 'warm', 'image save', 'image load', 'image list']) {
		const help = parseOptions([...command.split(' '), '--help']);
		const options = help.command === 'print' ? help.text.matchAll(/--[\-a-z]+/gv).map(([option]) => option).filter(option => option !== '--help').toArray() : [];
		t.true(options.length > 0);
		t.deepEqual(options.filter(option => !readme.includes(option)), []);
	}
});
