import {performance} from 'node:perf_hooks';
import {createAccess} from './access/create-access.ts';
import {type Output, exitCodes, printPlan} from './check-command.ts';
import {createKubectl} from './cluster/kubectl.ts';
import {findNodes} from './fleet/find-nodes.ts';
import type {Fleet, NodeNews} from './fleet/fleet.ts';
import {readFleet} from './fleet/read-fleet.ts';
import {type FleetSummary, summarizeFleet} from './fleet/summarize-fleet.ts';
import type {NodesOptions} from './options.ts';
import {formatNodesJson} from './report/nodes-json.ts';
import {formatNodeLine} from './report/nodes-table.ts';
import {formatNodesText} from './report/nodes-text.ts';
import {stampLine, tellProgress} from './report/progress.ts';

const couldNotRun = 3;

const describeNews = (news: NodeNews): string => (news.type === 'node-judged'
	? formatNodeLine(news.report)
	: `${news.unread.node} cannot be read: ${news.unread.because}`);

const exitCodeOf = ({reports}: Fleet, {conclusion}: FleetSummary): number => (reports.length === 0 ? couldNotRun : exitCodes[conclusion]);

/** `hairpin nodes`: the settings of many nodes, and which of them would break Services. Resolves with the exit code (design.md §9). */
export const nodes = async (options: NodesOptions, output: Output, signal: AbortSignal): Promise<number> => {
	const kubectl = createKubectl({...options, namespace: undefined});
	const found = await findNodes(kubectl, options, signal);
	if (options.isDryRun) {
		return printPlan(options, found.nodes, output);
	}

	const addresses = new Map(found.nodes.map(({name, internalIp}) => [name, internalIp]));
	const read = await readFleet(found.nodes, {
		openAccess: () => createAccess(options, {addressOf: node => addresses.get(node), kubectl, tell: tellProgress(output.warn)}),
		concurrency: options.concurrency,
		signal,
		tell(news) {
			output.warn(stampLine(performance.now(), describeNews(news)));
		},
	});
	const fleet: Fleet = {...read, notes: found.notes, isWhole: found.isWhole && !signal.aborted};
	const summary = summarizeFleet(fleet);
	const exitCode = signal.aborted ? couldNotRun : exitCodeOf(fleet, summary);
	output.write(options.isJson ? formatNodesJson(fleet, summary, exitCode) : formatNodesText(fleet, summary, options.isAll));
	signal.throwIfAborted();
	return exitCode;
};
