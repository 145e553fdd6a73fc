import {stat} from 'node:fs/promises';
import {type Capture, loadCaptures, nameApart} from './ladder/captures.ts';
import {eachPacket} from './ladder/each-packet.ts';
import {type FlowFilter, parseFlowFilter} from './ladder/flow-filter.ts';
import {writeJson} from './ladder/json.ts';
import {formatPacket, subjectOf} from './ladder/packet-line.ts';
import {surveyFlows} from './ladder/survey.ts';
import {formatLadders, formatSummary, type LadderReport} from './ladder/text.ts';
import {decideVerdict} from './ladder/verdict.ts';
import {correlateTables} from './packets/correlate.ts';
import type {Packet} from './packets/packet.ts';
import {UserFacingError} from './user-facing-error.ts';

export type LadderRequest = {readonly json: boolean; readonly summary: boolean; readonly flow: string | undefined};

type Output = {write(text: string): void; warn(text: string): void};

/** Of a file that anybody reads packet by packet all packets of a flow are kept; of a larger one, its beginning. */
const SMALL_BYTES = 33_554_432;
const ROWS_OF_SMALL = 512;
const ROWS_OF_LARGE = 6;

const chooseRows = async (files: readonly string[], isSummary: boolean): Promise<number> => {
	const sizes = await Promise.all(files.map(async file => {
		try {
			const {size} = await stat(file);
			return size;
		} catch {
			return 0;
		}
	}));
	return !isSummary && sizes.every(size => size < SMALL_BYTES) ? ROWS_OF_SMALL : ROWS_OF_LARGE;
};

const loadAll = async (files: readonly string[], isSummary: boolean): Promise<readonly Capture[]> => {
	const rowsPerLeg = await chooseRows(files, isSummary);
	const captures: Capture[] = [];
	for (const file of files) {
		captures.push(...await loadCaptures(file, rowsPerLeg)); // eslint-disable-line no-await-in-loop
	}

	return nameApart(captures);
};

/** Files are read twice where their packets are listed: a pipe can be read only once. */
const refusePipes = async (files: readonly string[]): Promise<void> => {
	for (const file of files) {
		const found = await stat(file).catch(() => undefined); // eslint-disable-line no-await-in-loop
		if (found && !found.isFile() && !found.isDirectory()) {
			throw new UserFacingError(`${file}: it is not a regular file, and its packets are read twice here`, 'save it to a file first');
		}
	}
};

const warnOfDamage = (captures: readonly Capture[], output: Output): void => {
	for (const [position, {file, problem, packets}] of captures.entries()) {
		if (problem && captures.findIndex(capture => capture.file === file) === position) {
			output.warn(`${file}: ${problem.malformed}, at byte ${problem.at}; what comes before it was read${packets === 0 ? ': no packet' : ''}`);
		}
	}
};

/** Lists the packets of a file that is alone. */
const listPackets = async (file: string, filter: FlowFilter | undefined, output: Output): Promise<void> => {
	let startSeconds: number | undefined;
	let lines: string[] = [];
	await eachPacket(file, (packet: Packet) => {
		startSeconds ??= packet.time.seconds;
		if (!filter || filter(subjectOf(packet)) || (packet.tunnel && filter(subjectOf(packet.tunnel.inner)))) {
			lines.push(formatPacket(packet, startSeconds));
		}

		if (!(lines.length >= 1000)) {
			return;
		}

		output.write(`${lines.join('\n')}\n`);
		lines = [];
	});
	output.write(lines.length > 0 ? `${lines.join('\n')}\n\n` : '\n');
};

const writeReport = async (report: LadderReport, request: LadderRequest, filter: FlowFilter | undefined, output: Output): Promise<void> => {
	if (request.json) {
		await writeJson(text => {
			output.write(text);
		}, report, {filter, isSummary: request.summary});
	} else if (request.summary) {
		output.write(formatSummary(report));
	} else {
		output.write(formatLadders(report));
	}
};

/** `hairpin ladder`: pairs captures that people already have. Resolves with 0 nothing impossible, 1 an impossible reply, 2 undecided; throws `UserFacingError` where it could not run. */
export const runLadder = async (files: readonly string[], request: LadderRequest, output: Output): Promise<number> => {
	const filter = request.flow === undefined ? undefined : parseFlowFilter(request.flow);
	const isListed = !request.summary && (request.json || files.length === 1);
	if (isListed) {
		await refusePipes(files);
	}

	const captures = await loadAll(files, request.summary);
	warnOfDamage(captures, output);
	const correlation = correlateTables(captures);
	const survey = surveyFlows(correlation, filter);
	const verdict = decideVerdict(survey, captures.length);
	if (isListed && !request.json) {
		await listPackets(files[0], filter, output);
	}

	await writeReport({
		captures,
		correlation,
		survey,
		verdict,
	}, request, filter, output);
	return verdict.exitCode;
};
