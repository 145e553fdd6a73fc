import {exitCodes, repairOf} from './check-command.ts';
import type {FixResult, PreparedFix} from './fix/fix-session.ts';
import {formatPreview} from './report/fix-text.ts';
import type {Incident, MadeChange, TimelineEntry} from './report/incident.ts';
import {stampIncident} from './report-files.ts';

const describeChange = ({preview, before}: PreparedFix, result: FixResult): MadeChange => ({
	id: preview.change,
	title: preview.title,
	steps: formatPreview(preview).split('\n').slice(1),
	before: before?.matrix ?? [],
	after: result.after?.matrix ?? [],
	undo: `hairpin undo ${result.entry.id}`,
});

/** The incident that a change was made for, as it was found, with every probe before and after. Undefined where no Service was named. */
export const composeFixIncident = (fix: PreparedFix, result: FixResult, timeline: readonly TimelineEntry[]): Incident | undefined => {
	const {before} = fix;
	return before?.diagnosis === undefined
		? undefined
		: stampIncident({
			state: before, exitCode: exitCodes[result.after?.diagnosis?.conclusion ?? 'undecided'], repairOf: repairOf(before), timeline, change: describeChange(fix, result),
		});
};
