import test from 'ava';
import {cleanJson, cleanLine, cleanText} from '../src/clean.ts';

test('escape sequences, control characters and marks that reorder text are removed', t => {
	t.is(cleanText('a\u{1B}[31mred\u{1B}[0m\u{7}\u{9B}2J\u{202E}b\rc'), 'aredbc');
	t.is(cleanText('\u{1B}]0;title\u{7}x\u{1B}]52;c;aGk=\u{7}y'), 'xy');
});

test('tabs, newlines and letters of every script stay', t => {
	t.is(cleanText('a\tb\nÄ 名 🙂'), 'a\tb\nÄ 名 🙂');
});

test('a line has no newline and a bounded length', t => {
	t.is(cleanLine('a\n\tb  c'), 'a b c');
	t.is(cleanLine('x'.repeat(1000), 10), `${'x'.repeat(9)}…`);
});

test('all strings of a JSON document are cleaned, keys too', t => {
	t.deepEqual(cleanJson({'a\u{1B}[1m': ['b\u{0}', 1, null, {c: true}]}), {a: ['b', 1, null, {c: true}]});
});
