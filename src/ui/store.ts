import type {Model} from './model.ts';

/** Holds what is drawn, and tells when it changed: at once for a key, at most twenty times a second for what comes from the cluster. */
export type Store = {
	get(): Model;
	update(change: Partial<Model>, when?: 'now' | 'soon'): void;
	subscribe(listener: () => void): () => void;
};

const soonMs = 50;

export const createStore = (initial: Model): Store => {
	let model = initial;
	let shown = initial;
	let timer: NodeJS.Timeout | undefined;
	const listeners = new Set<() => void>();
	const show = (): void => {
		clearTimeout(timer);
		timer = undefined;
		shown = model;
		for (const listener of listeners) {
			listener();
		}
	};

	return {
		get: () => shown,
		update(change, when = 'now') {
			model = {...model, ...change};
			if (when === 'now') {
				show();
			} else {
				timer ??= setTimeout(show, soonMs);
			}
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
	};
};
