import type {Access} from '../access/access.ts';
import type {Known} from '../evidence/evidence.ts';
import {type CaptureReader, createCaptureReader} from '../packets/capture-reader.ts';
import {type FlowWatch, isDecided, watchFlows} from '../packets/correlate.ts';
import type {Flow} from '../packets/flow.ts';
import type {Packet} from '../packets/packet.ts';
import type {Cell} from '../probes/matrix.ts';
import type {ProbePlan} from '../probes/probe.ts';
import type {Target} from '../target.ts';
import {type PacketsSeen, createPacketsTeller} from './packets-teller.ts';
import type {CaptureEvidence, CapturePoint} from './capture-evidence.ts';
import {planTaps} from './plan.ts';
import {settleCell} from './settle.ts';
import {
	type Tap,
	type TapPlan,
	type TapReport,
	openTap,
} from './tap.ts';

export type CaptureNews =
	PacketsSeen | {readonly type: 'capture-armed'; readonly label: string; readonly command: string} | {readonly type: 'capture-failed'; readonly label: string; readonly because: string} | {readonly type: 'opening-seen'};

/** Several tcpdumps that watch one client's attempts. */
export type PairedCapture = {
	/** Settles with true once the packets decide so many attempts. Stays pending where they never do. */
	decided(attempts: number): Promise<true>;
	evidence(): CaptureEvidence;
	/** The client's cell with what the packets add to it, or say of it when the tool did not answer. */
	settle(plan: ProbePlan, answered?: Cell): Cell;
	stop(): Promise<CaptureEvidence>;
	/** The pcap bytes of each point. */
	raw(): ReadonlyArray<{readonly plan: TapPlan; readonly chunks: readonly Uint8Array[]}>;
};

type Point = {
	readonly plan: TapPlan;
	readonly reader: CaptureReader;
	readonly chunks: Uint8Array[];
	count: number;
	tap: Tap | undefined;
	report: TapReport | undefined;
	problem: string | undefined;
};

const isOfTarget = (flow: Flow, {client, service, port}: Target): boolean =>
	flow.client.ip === client.ip && flow.server.ip === service.clusterIp && flow.server.port === port.port;

const flowsOf = (watch: FlowWatch, target: Target): readonly Flow[] => watch.flows().filter(flow => isOfTarget(flow, target));

const describePoint = ({plan, tap, count, report, problem}: Point): CapturePoint => ({
	label: plan.label, role: plan.role, command: tap?.command ?? '', packets: count, kernelDrops: report?.kernelDrops, problem: problem ?? report?.problem,
});

const readEntries = (points: readonly Point[], key: 'conntrack' | 'ipvs', isWanted: (words: readonly string[]) => boolean): Known<readonly string[]> => {
	const node = points.find(({plan}) => plan.entries !== undefined);
	const facts = node?.report?.facts ?? [];
	const source = facts.find(([name]) => name === `${key}-source`)?.[1];
	if (!node || source === undefined) {
		return {unknown: node?.report ? `${node.plan.label} has no ${key === 'ipvs' ? 'IPVS' : 'conntrack'} table that can be read without loading a module` : 'the capture on the client\'s node did not run'};
	}

	const value = facts.filter(([name]) => name === key).map(([, line]) => line).filter(line => isWanted(line.split(' ')));
	return {value, origin: {point: node.plan.label, command: source, excerpt: value.join('\n')}};
};

/** Tells whether a line of conntrack or IPVS has the source port of one of these flows. */
const byPortsOf = (flows: readonly Flow[]): (words: readonly string[]) => boolean => {
	const ports = new Set(flows.map(({client}) => client.port ?? 0).flatMap(port => [`sport=${port}`, port.toString(16).padStart(4, '0').toUpperCase()]));
	return words => words.some(word => ports.has(word));
};

const collect = (points: readonly Point[], flows: readonly Flow[]): CaptureEvidence => ({
	points: points.map(point => describePoint(point)),
	flows,
	conntrackEntries: readEntries(points, 'conntrack', byPortsOf(flows)),
	ipvsConnections: readEntries(points, 'ipvs', byPortsOf(flows)),
	udpEntries: readEntries(points, 'conntrack', words => words.includes('udp')),
});

/** Whether everything that the client sent and got was captured, and is here. */
const isComplete = (points: readonly Point[]): boolean =>
	points.some(({plan, report, problem}) => plan.role === 'client' && report?.kernelDrops === 0 && (problem ?? report.problem) === undefined);

/** Calls back when something new was captured, but not for every single chunk. */
const createBell = (ring: () => void) => {
	let isPending = false;
	return () => {
		if (isPending) {
			return;
		}

		isPending = true;
		setImmediate(() => {
			isPending = false;
			ring();
		});
	};
};

const arm = async (access: Access, point: Point, onPackets: (packets: readonly Packet[]) => void, tell: (news: CaptureNews) => void): Promise<void> => {
	const {plan, reader} = point;
	const tap = openTap(access, plan, chunk => {
		point.chunks.push(chunk);
		const packets = reader.push(chunk);
		point.count += packets.length;
		onPackets(packets);
	});
	point.tap = tap;
	point.problem = await tap.armed;
	tell(point.problem === undefined
		? {type: 'capture-armed', label: plan.label, command: tap.command}
		: {type: 'capture-failed', label: plan.label, because: point.problem});
};

const isOpening = ({ip}: Packet, {client, service}: Target): boolean => ip?.source === client.ip && ip.destination === service.clusterIp;

/** Starts the captures of a target and waits until each one listens or has failed. */
export const armCaptures = async (access: Access, target: Target, reached: ReadonlySet<string>, tell: (news: CaptureNews) => void): Promise<PairedCapture> => {
	const points: readonly Point[] = planTaps(target).filter(({point}) => reached.has(point.node)).map(plan => ({
		plan, reader: createCaptureReader(), chunks: [], count: 0, tap: undefined, report: undefined, problem: undefined,
	}));
	const watch = watchFlows(points.map(({plan}) => ({point: plan.label, role: plan.role})));
	const flows = (): readonly Flow[] => flowsOf(watch, target);
	const seen = createPacketsTeller(tell);
	let wanted = Infinity;
	let hasOpening = false;
	const {promise: decision, resolve: decide} = Promise.withResolvers<true>();
	const ring = createBell(() => {
		if (hasOpening && flows().filter(flow => isDecided(flow)).length >= wanted) {
			decide(true);
		}
	});
	const receive = ({plan, count}: Point, packets: readonly Packet[]): void => {
		seen.add(plan, count, packets);
		watch.add(plan.label, packets);
		if (!hasOpening && plan.role === 'client' && packets.some(packet => isOpening(packet, target))) {
			hasOpening = true;
			tell({type: 'opening-seen'});
		}

		ring();
	};

	await Promise.all(points.map(async point => arm(access, point, packets => {
		receive(point, packets);
	}, tell)));
	return {
		async decided(attempts) {
			wanted = attempts;
			ring();
			return decision;
		},
		evidence: () => collect(points, flows()),
		settle: (plan, answered) => settleCell(plan, flows(), answered, isComplete(points)),
		async stop() {
			await Promise.all(points.map(async point => {
				point.report = await point.tap?.stop();
			}));
			seen.flush();
			return collect(points, flows());
		},
		raw: () => points.map(({plan, chunks}) => ({plan, chunks})),
	};
};
