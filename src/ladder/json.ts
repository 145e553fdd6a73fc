import {eachPacket} from './each-packet.ts';
import type {Capture} from './captures.ts';
import type {FlowFilter} from './flow-filter.ts';
import {listConversations} from './survey.ts';
import type {LadderReport} from './text.ts';

const SCHEMA = 'hairpin/ladder/v1';
const BUFFERED_CHARACTERS = 65_536;

type Write = (text: string) => void;

/** Collects small pieces of text and passes them on in large ones. */
const createBuffer = (write: Write): {readonly add: Write; readonly flush: () => void} => {
	let pieces: string[] = [];
	let length = 0;
	const flush = (): void => {
		write(pieces.join(''));
		pieces = [];
		length = 0;
	};

	return {
		add(text) {
			pieces.push(text);
			length += text.length;
			if (length > BUFFERED_CHARACTERS) {
				flush();
			}
		},
		flush,
	};
};

const describeCapture = ({captures, correlation}: LadderReport, position: number): Record<string, unknown> => {
	const {file, point, format, packets, problem} = captures[position];
	const {role, isInferred} = correlation.roles[position];
	return {
		file,
		point,
		role,
		isRoleInferred: isInferred,
		format,
		packetCount: packets,
		...(problem && {problem}),
	};
};

const withoutBrace = (value: Record<string, unknown>): string => JSON.stringify(value).slice(0, -1);

/** Writes the packets of one capture, each as it is decoded. */
const writePackets = async (add: Write, {file, captureInterface}: Capture, isShared: boolean): Promise<void> => {
	let separator = '';
	await eachPacket(file, packet => {
		if (isShared && packet.captureInterface !== captureInterface) {
			return;
		}

		add(`${separator}\n${JSON.stringify(packet)}`);
		separator = ',';
	});
};

const writeCaptures = async (add: Write, report: LadderReport, isSummary: boolean): Promise<void> => {
	for (const [position, capture] of report.captures.entries()) {
		add(`${position === 0 ? '' : ','}\n${withoutBrace(describeCapture(report, position))}`);
		if (!isSummary) {
			add(',"packets":[');
			await writePackets(add, capture, report.captures.some(other => other !== capture && other.file === capture.file)); // eslint-disable-line no-await-in-loop
			add(']');
		}

		add('}');
	}
};

const writeFlows = (add: Write, {correlation}: LadderReport, filter: FlowFilter | undefined): void => {
	let separator = '';
	for (const conversation of listConversations(correlation, filter)) {
		add(`${separator}\n${JSON.stringify(correlation.buildFlow(conversation))}`);
		separator = ',';
	}
};

/** Writes the report as one JSON document, piece by piece: what is held does not grow with the file. A summary has counts in place of packets and flows. */
export const writeJson = async (write: Write, report: LadderReport, {filter, isSummary}: {filter: FlowFilter | undefined; isSummary: boolean}): Promise<void> => {
	const {add, flush} = createBuffer(write);
	const {survey: {counts}, correlation, verdict} = report;
	add(`{"schema":"${SCHEMA}","captures":[`);
	await writeCaptures(add, report, isSummary);
	add('],');
	if (!isSummary) {
		add('"flows":[');
		writeFlows(add, report, filter);
		add('],');
	}

	add(`\n"counts":${JSON.stringify({flows: counts.flows, paired: counts.paired, endings: counts.endings})},\n`);
	add(`"clockOffsets":${JSON.stringify(correlation.clockOffsets)},"verdict":${JSON.stringify(verdict.sentence)},"exitCode":${verdict.exitCode}}\n`);
	flush();
};
