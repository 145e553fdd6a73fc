import {readFileSync} from 'node:fs';
import test from 'ava';
import {parseOptions} from '../src/options.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the README names every option of each command', t => {
	for (const command of ['check', 'explain', 'ladder', 'nodes', 'runbook', 'sweep', 'warm', 'image save', 'image load', 'image list']) {
		const help = parseOptions([...command.split(' '), '--help']);
		const options = help.command === 'print' ? help.text.matchAll(/--[\-a-z]+/gv).map(([option]) => option).filter(option => option !== '--help').toArray() : [];
		t.true(options.length > 0);
		t.deepEqual(options.filter(option => !readme.includes(option)), []);
	}
});
