import {checks} from '../../src/catalogue/index.ts';
import {drawScreen, plainLine} from '../../src/ui/draw.ts';
import type {Area} from '../../src/ui/line.ts';
import type {Model} from '../../src/ui/model.ts';
import {type Pressed, pressKey} from '../../src/ui/press-key.ts';
import {initialView} from '../../src/ui/view.ts';
import {readRecording} from './session-recording.ts';

const founding = readRecording('founding').at(-1)!.state;

/** The founding incident as it stands on the screens after its verdict, but for what is said otherwise. */
export const buildModel = (part: Partial<Model> = {}): Model => ({
	state: founding, view: initialView('incident'), checks, doing: '', repairs: ['hairpin fix br-netfilter-not-loaded svc/nginx'], isRunning: false, failure: undefined,
	nowMs: 0, label: undefined, pair: undefined, pickList: undefined, canPick: true, canShell: true, shell: undefined, whyUnchangeable: undefined, changeNames: ['masquerade-all=true', 'br-netfilter'],
	canUndo: true, whyUnkept: undefined, canKeepPackets: true, guided: undefined, journal: undefined, change: undefined, ...part,
});

const typed = (key: string): string => (key === 'space' ? ' ' : (key.length === 1 ? key : ''));

const usualWindow: Area = {width: 120, height: 36};

/** The same after keys were pressed, and what the last one asks for. */
export const pressAll = (model: Model, keys: readonly string[], area: Area = usualWindow): {readonly model: Model; readonly last: Pressed} => {
	let last: Pressed = {view: model.view};
	for (const key of keys) {
		last = pressKey({...model, view: last.view}, area, {key, text: typed(key)});
	}

	return {model: {...model, view: last.view}, last};
};

/** The lines of the window. */
export const linesOf = (model: Model, area: Area = usualWindow): readonly string[] => drawScreen(model, area).map(spans => plainLine(spans));
