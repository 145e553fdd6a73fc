import type {KeptIncident} from './bundle/keep-incident.ts';
import type {SessionTools} from './session.ts';
import type {SessionState} from './session-state.ts';

/** The same session, all of which goes into a bundle while it runs. What asks the API for the target is wrapped by whoever has it. */
export const keepSession = (kept: KeptIncident, tools: SessionTools, formatReport: (state: SessionState) => string): SessionTools => ({
	...tools,
	openAccess: (target, tell) => kept.access(tools.openAccess(target, tell)),
	onEvent(event, state) {
		kept.event(event);
		tools.onEvent(event, state);
	},
	onJudged(state) {
		tools.onJudged(state);
		kept.report(formatReport(state));
	},
	async keepCaptures(capture, target) {
		await Promise.all([kept.captures(capture, target), tools.keepCaptures?.(capture, target)]);
	},
});
