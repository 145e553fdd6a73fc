import {type Pty, openPty} from '../terminal/pty.ts';
import {createShellScreen} from '../terminal/screen.ts';
import type {IncidentSource, ShellPoint} from './incident-source.ts';
import type {Area} from './line.ts';
import type {Store} from './store.ts';

/** A shell that cannot be shown in a pane, and why. */
export type Paneless = ShellPoint & {readonly because: string};

/** One shell at a time, on the points of the target. */
export type ShellRunner = {
	/** Resolves with what is to be run on the whole terminal instead, where there is no pane for it. */
	open(area: Area): Promise<Paneless | undefined>;
	next(area: Area): Promise<Paneless | undefined>;
	write(text: string): void;
	resize(area: Area): void;
	close(): void;
};

/** Shows what the program on a pty draws. `isShown`: whether it still has the pane. */
const attachPty = (store: Store, {pty, point, area, isShown}: {readonly pty: Pty; readonly point: ShellPoint; readonly area: Area; readonly isShown: () => boolean}): void => {
	const screen = createShellScreen(area.width, area.height);
	const shell = {title: point.title, command: point.argv.join(' '), screen};
	const show = (ended: string | undefined): void => {
		if (isShown()) {
			store.update({shell: {...shell, ended}}, 'soon');
		}
	};

	store.update({shell: {...shell, ended: undefined}});
	screen.onAnswer(text => {
		pty.write(text);
	});
	let written: Promise<void> = Promise.resolve();
	pty.onData(text => {
		written = (async () => {
			await written;
			await screen.write(text);
			show(undefined);
		})();
	});
	void (async () => {
		const {exitCode} = await pty.ended;
		await written;
		show(`it ended (${exitCode}): ctrl-] leaves`);
	})();
};

const tell = (store: Store, notice: string): void => {
	store.update({view: {...store.get().view, notice}});
};

export const createShellRunner = (source: IncidentSource, store: Store): ShellRunner => {
	let pty: Pty | undefined;
	let turn = 0;
	const close = (): void => {
		pty?.close();
		pty = undefined;
		store.get().shell?.screen.dispose();
		store.update({shell: undefined});
	};

	const open: ShellRunner['open'] = async area => {
		close();
		const points = source.shells?.(store.get().state) ?? [];
		const point = points.at(turn % Math.max(1, points.length));
		if (point === undefined) {
			tell(store, 'no point can be entered');
			return undefined;
		}

		const opened = await openPty(point.argv, {columns: area.width, rows: area.height});
		if ('because' in opened) {
			return {...point, because: opened.because};
		}

		pty = opened;
		const isShown = () => pty === opened;
		attachPty(store, {
			pty: opened, point, area, isShown,
		});
		return undefined;
	};

	return {
		open,
		async next(area) {
			turn++;
			return open(area);
		},
		write(text) {
			pty?.write(text);
		},
		resize({width, height}) {
			pty?.resize(width, height);
			store.get().shell?.screen.resize(width, height);
		},
		close,
	};
};
