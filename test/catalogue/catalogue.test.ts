import {readdirSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {checks} from '../../src/catalogue/index.ts';

const files = readdirSync(new URL('../../src/checks/', import.meta.url)).filter(file => file.endsWith('.ts')).map(file => path.basename(file, '.ts'));

test('every file of checks/ is a check, and each has a place of its own', t => {
	t.deepEqual(checks.map(({id}) => id).toSorted(), files.toSorted());
	t.is(new Set(checks.map(({place}) => place)).size, files.length);
});

test('the screen begins with the Service and ends with whether any of it applies', t => {
	t.is(checks[0].id, 'no-ready-endpoints');
	t.is(checks.at(-1)?.id, 'kube-proxy-not-applicable');
});

test('every check says why it decides the path, and how it is repaired', t => {
	for (const {id, title, explain} of checks) {
		t.regex(id, /^[\da-z]+(?:-[\da-z]+)+$/v);
		t.regex(title, /^\S.*[^.]$/v);
		t.regex(explain, /^[\dA-Za-z].{80,}\.$/v, id);
	}
});
