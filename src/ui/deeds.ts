import {Buffer} from 'node:buffer';
import process from 'node:process';
import {handOver} from '../terminal/hand-over.ts';
import {findPacketViewer, showPackets} from '../terminal/packet-viewer.ts';
import {UserFacingError} from '../user-facing-error.ts';
import type {ChangeRunner} from './change-runner.ts';
import {copyOf, shellPlace} from './draw.ts';
import type {IncidentSource} from './incident-source.ts';
import type {Input} from './input.ts';
import type {Area} from './line.ts';
import type {Deed} from './press-key.ts';
import {pickedOf} from './screens/pick.ts';
import type {SessionRunner} from './session-runner.ts';
import type {Paneless, ShellRunner} from './shell-runner.ts';
import type {Store} from './store.ts';
import {initialView, popScreen, screenOf} from './view.ts';

/** What the deeds of keys are done with. */
export type Stage = {
	readonly store: Store;
	readonly source: IncidentSource;
	readonly input: Input;
	readonly session: SessionRunner;
	readonly shell: ShellRunner;
	readonly changes: ChangeRunner;
	/** Gets what is typed into a shell. */
	readonly typeIntoShell: (text: string) => void;
	readonly leave: () => void;
	readonly suspend: () => void;
	/** Lends the terminal until what uses it is done. */
	readonly lend: (use: () => Promise<void>) => void;
};

/** How large the window is, in cells. */
export const windowArea = (): Area => ({width: process.stdout.columns, height: process.stdout.rows});

/** The cells that a shell has in it. */
export const shellSize = (store: Store): Area => shellPlace(store.get(), windowArea()).inner;

/** OSC 52: the terminal itself puts the text into the clipboard, also at the other end of SSH. */
const copyToClipboard = (text: string): void => {
	process.stdout.write(`\u{1B}]52;c;${Buffer.from(text).toString('base64')}\u{7}`);
};

/** Reads Services and pods anew. */
export const readPickList = async ({store, source}: Pick<Stage, 'store' | 'source'>): Promise<void> => {
	store.update({pickList: undefined});
	store.update({pickList: await source.list?.()});
};

const readJournal = async ({store, source}: Stage): Promise<void> => {
	store.update({journal: undefined});
	store.update({journal: await source.journal?.()});
};

const tell = (store: Store, notice: string): void => {
	store.update({view: {...store.get().view, notice}});
};

/** Writes a file and goes on with its name; tells why where it cannot. */
const keep = async ({store}: Stage, write: () => Promise<string>, proceed: (file: string) => Promise<void> | void): Promise<void> => {
	try {
		await proceed(await write());
	} catch (error) {
		if (!(error instanceof UserFacingError)) {
			throw error;
		}

		tell(store, `${error.because}: ${error.tryThis}`);
	}
};

const keepBundle = async (stage: Stage, wanted: string | undefined): Promise<void> => {
	const {store, source: {keepBundle: write}} = stage;
	const notice = (text: string): void => {
		tell(store, text);
	};

	if (write) {
		await keep(stage, async () => write(wanted, notice), file => {
			tell(store, `kept, and goes on: hairpin open ${file}`);
		});
	}
};

const openPackets = async (stage: Stage): Promise<void> => {
	const {store, source: {keepPackets: write}, lend} = stage;
	if (!write) {
		return;
	}

	await keep(stage, write, async file => {
		const viewer = await findPacketViewer(file);
		const show = async (): Promise<void> => {
			tell(store, await showPackets(file, viewer));
		};

		if (viewer.kind === 'terminal') {
			lend(show);
		} else {
			await show();
		}
	});
};

const startPicked = ({store, session}: Stage): void => {
	const {service, pod} = pickedOf(store.get());
	if (!service) {
		return;
	}

	store.update({view: initialView('incident')});
	session.start({service: `svc/${service.name}`, from: pod === undefined || pod.name === '' ? undefined : `pod/${pod.name}`});
};

const startAgain = ({store, session}: Stage): void => {
	const {pair} = store.get();
	if (pair) {
		session.start(pair);
	}
};

/** What is told from here on is of the undo. */
const forgetMaking = ({store}: Stage): void => {
	const {change} = store.get();
	if (change?.phase === 'made') {
		store.update({
			change: {
				...change, preview: undefined, result: undefined, news: [],
			},
		});
	}
};

const closeShell = ({input, shell}: Stage): void => {
	input.redirect(undefined);
	shell.close();
};

const isInShell = ({store}: Stage): boolean => screenOf(store.get().view) === 'shell';

/** Shows a shell in its pane; where there can be none, it gets the whole terminal. */
const showShell = async (stage: Stage, open: ShellRunner['open']): Promise<void> => {
	stage.input.redirect(stage.typeIntoShell);
	const paneless = await open(shellSize(stage.store));
	if (paneless === undefined || !isInShell(stage)) {
		return;
	}

	closeShell(stage);
	stage.store.update({view: popScreen(stage.store.get().view)});
	stage.lend(async () => useTerminal(stage.store, paneless));
};

const useTerminal = async (store: Store, {title, argv, because}: Paneless): Promise<void> => {
	process.stdout.write(`hairpin: this shell takes the whole terminal, because ${because}\n${title}; exit leads back\n`);
	const failure = await handOver(argv);
	tell(store, failure ?? because);
};

/** What is done for each deed, on a stage. */
export const createDeeds = (stage: Stage): Readonly<Record<Deed, (named?: string) => void>> => ({
	'open-shell'() {
		void showShell(stage, stage.shell.open);
	},
	'close-shell'() {
		closeShell(stage);
	},
	'next-point'() {
		void showShell(stage, stage.shell.next);
	},
	'run-again'() {
		startAgain(stage);
	},
	'run-picked'() {
		startPicked(stage);
	},
	'prepare-change'(change) {
		stage.changes.prepare(change);
	},
	'make-change'() {
		stage.changes.make();
	},
	'undo-change'() {
		forgetMaking(stage);
		stage.changes.undo();
	},
	'read-journal'() {
		void readJournal(stage);
	},
	'keep-bundle'(file) {
		void keepBundle(stage, file);
	},
	'open-packets'() {
		void openPackets(stage);
	},
	answer(text) {
		stage.source.guide?.answer(text ?? '');
	},
	list() {
		void readPickList(stage);
	},
	copy() {
		copyToClipboard(copyOf(stage.store.get(), process.stdout.columns));
	},
	quit: stage.leave,
	suspend: stage.suspend,
});
