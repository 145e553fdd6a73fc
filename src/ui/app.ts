import {
	Box,
	Text,
	useApp,
	useInput,
	useWindowSize,
	type Key,
} from 'ink';
import {
	createElement,
	memo,
	useEffect,
	useSyncExternalStore,
	type ReactNode,
} from 'react';
import {drawScreen} from './draw.ts';
import type {Line} from './line.ts';
import type {Press} from './press-key.ts';
import type {Store} from './store.ts';
import {styleOf} from './theme.ts';

const isSameLine = ({spans: one}: {readonly spans: Line}, {spans: two}: {readonly spans: Line}): boolean =>
	one.length === two.length && one.every(({text, look, style}, index) => text === two[index].text && look === two[index].look && style === undefined && two[index].style === undefined);

/** One line of the window. Lines are already cut to its width, so Ink has nothing to measure or wrap. */
const Row = memo(({spans}: {readonly spans: Line}): ReactNode => createElement(
	Text,
	{wrap: 'truncate-end'},
	...spans.map(({text, look, style}, key) => createElement(Text, {key, ...(style ?? styleOf(look))}, text)),
), isSameLine);

const keyNames: ReadonlyArray<readonly [flag: keyof Key, name: string]> = [
	['upArrow', 'up'],
	['downArrow', 'down'],
	['leftArrow', 'left'],
	['rightArrow', 'right'],
	['pageUp', 'pageup'],
	['pageDown', 'pagedown'],
	['home', 'home'],
	['end', 'end'],
	['return', 'enter'],
	['escape', 'esc'],
	['backspace', 'backspace'],
	['delete', 'delete'],
];

const nameInput = (input: string, key: Key): string => {
	if (key.tab) {
		return key.shift ? 'shift-tab' : 'tab';
	}

	const named = keyNames.find(([flag]) => key[flag] === true)?.[1];
	return named ?? (key.ctrl ? `ctrl-${input}` : (input === ' ' ? 'space' : input));
};

const typed: Readonly<Record<string, string>> = {
	' ': 'space', '\r': 'enter', '\n': 'enter', '\t': 'tab', '\u{7F}': 'backspace',
};

/** What Ink read as key presses: pasted or fast typed text comes as one piece, with the keys in it as characters. */
const toPresses = (input: string, key: Key): readonly Press[] => {
	const name = nameInput(input, key);
	return name === input || name === 'space' ? [...input].map(text => ({key: typed[text] ?? text, text: text < ' ' ? '' : text})) : [{key: name, text: ''}];
};

export type AppProps = {
	readonly store: Store;
	readonly onPress: (press: Press) => void;
	/** Gets what hands the terminal over for a while. */
	readonly onReady: (suspend: (use: () => void | Promise<void>) => Promise<void>) => void;
	readonly onResize: () => void;
};

/** The whole window. */
export const App = ({store, onPress, onReady, onResize}: AppProps): ReactNode => {
	const model = useSyncExternalStore(store.subscribe, store.get);
	const {columns, rows} = useWindowSize();
	const {suspendTerminal} = useApp();
	useInput((input, key) => {
		for (const press of toPresses(input, key)) {
			onPress(press);
		}
	});
	useEffect(() => {
		onReady(async use => suspendTerminal(use));
	}, [onReady, suspendTerminal]);
	useEffect(onResize, [onResize, columns, rows]);
	const lines = drawScreen(model, {width: columns, height: rows});
	return createElement(Box, {flexDirection: 'column', width: columns, height: rows}, ...lines.map((spans, key) => createElement(Row, {key, spans})));
};
