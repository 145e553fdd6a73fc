import type {KeptIncident} from './bundle/keep-incident.ts';
import type {ChangeNews} from './changes/change-news.ts';
import type {KeptFix} from './fix/fix-session.ts';
import type {Preview} from './fix/preview.ts';
import {formatChangeNews, formatPreview} from './report/fix-text.ts';
import type {SessionEvent, SessionState} from './session-state.ts';

/** A fix that goes into a bundle: what it asks, and in the timeline what it shows, does and comes to. */
export type FixKeeper = {
	readonly kept: KeptFix;
	event(event: SessionEvent): void;
	shown(preview: Preview): void;
	told(news: ChangeNews): void;
	/** Takes every probe before and after, and what undoes it. */
	made(text: string): void;
	unmade(because: string): void;
};

export const createFixKeeper = (kept: KeptIncident, formatReport: (state: SessionState) => string): FixKeeper => {
	const noteLines = (event: string, text: string): void => {
		for (const line of text.trimEnd().split('\n')) {
			kept.note(event, line);
		}
	};

	return {
		kept: {
			...kept,
			judged(state) {
				kept.report(formatReport(state));
			},
		},
		event: kept.event,
		shown(preview) {
			noteLines('change-shown', formatPreview(preview));
		},
		told(news) {
			// The journal is a file of whoever makes the change.
			if (news.type !== 'journal-written') {
				kept.note('change-told', formatChangeNews(news));
			}
		},
		made(text) {
			noteLines('change-made', text);
		},
		unmade(because) {
			noteLines('change-unmade', because);
		},
	};
};
