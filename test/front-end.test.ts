import test from 'ava';
import {type TerminalFacts, chooseFrontEnd} from '../src/front-end.ts';

const terminal: TerminalFacts = {
	isPlain: false, isInputTerminal: true, isOutputTerminal: true, term: 'xterm-256color', columns: 80, rows: 24,
};

test('a terminal of 80 by 24 gets the screens', t => {
	t.deepEqual(chooseFrontEnd(terminal), {kind: 'screens'});
});

const plain: ReadonlyArray<readonly [Partial<TerminalFacts>, RegExp]> = [
	[{isPlain: true}, /--plain/v],
	[{isOutputTerminal: false}, /standard output is no terminal/v],
	[{isInputTerminal: false}, /standard input is no terminal/v],
	[{term: 'dumb'}, /TERM=dumb/v],
	[{columns: 79}, /79 columns and 24 rows, and the screens need 80 by 24/v],
	[{rows: 23}, /80 columns and 23 rows/v],
];

test('everything else gets lines, and is told why', t => {
	for (const [facts, reason] of plain) {
		const front = chooseFrontEnd({...terminal, ...facts});
		t.regex(front.kind === 'plain' ? front.because : '', reason);
	}
});
