import type {CaptureEvidence} from '../../src/capture/capture-evidence.ts';
import type {
	Address,
	Flow,
	FlowEnding,
	ImpossibleReply,
	LadderRow,
	PointRole,
} from '../../src/packets/flow.ts';

const vip: Address = {ip: '10.98.171.178', port: 8080};

type Seen = readonly [point: string, role: PointRole, frame: number];

const row = (what: string, direction: LadderRow['direction'], ends: readonly [Address, Address], seen: readonly Seen[]): LadderRow => ({
	atMs: 0,
	what,
	direction,
	payloadLength: 0,
	sightings: seen.map(([point, role, frame]) => ({
		point, role, frame, atMs: 0, source: ends[0], destination: ends[1], ttl: 64, interfaceIndex: undefined,
	})),
	translations: [],
	isRetransmission: false,
	impossible: undefined,
});

export type FlowSettings = {
	readonly client?: string;
	readonly backend?: Address;
	readonly ending: FlowEnding;
	/** Where the SYN and the answer were seen; by default the ending's usual places. */
	readonly reached?: readonly string[];
	readonly answerSeenAt?: readonly string[];
	readonly sourceAtBackend?: Address;
	/** `SYN-ACK` or `RST`. */
	readonly impossible?: string;
};

const rolesByPoint: Readonly<Record<string, PointRole>> = {'default/mars1': 'client', 'default/mars2': 'client', k8s1: 'node'};

const roleOf = (point: string): PointRole => rolesByPoint[point] ?? 'backend';

const buildImpossible = (what: string | undefined, source: Address): ImpossibleReply | undefined => what === undefined
	? undefined
	: {
		point: 'default/mars1', frame: 2, what, source, expected: vip, resetFrame: what === 'RST' ? undefined : 3,
	};

/** One captured attempt of the client. */
export const buildFlow = ({client: ip = '10.244.0.18', backend = {ip: '10.244.0.19', port: 80}, ending, impossible, sourceAtBackend, ...more}: FlowSettings): Flow => {
	const client: Address = {ip, port: 41_622};
	const reached = more.reached ?? ['default/mars1', 'k8s1', 'default/nginx-app'];
	const answerSeenAt = more.answerSeenAt ?? (ending === 'unanswered' ? [] : ['default/nginx-app', 'k8s1', 'default/mars1']);
	const hasArrived = reached.some(point => roleOf(point) === 'backend');
	return {
		protocol: 'tcp',
		client,
		server: vip,
		backend: hasArrived ? backend : undefined,
		sourceAtBackend: hasArrived ? (sourceAtBackend ?? client) : undefined,
		reached,
		answerSeenAt,
		ending,
		openings: 1,
		impossibleReply: buildImpossible(impossible, backend),
		ladder: [
			row('S', 'forward', [client, vip], reached.map((point): Seen => [point, roleOf(point), 1])),
			...(answerSeenAt.length > 0 ? [row(impossible === 'RST' ? 'R.' : 'S.', 'back', [backend, client], answerSeenAt.map((point): Seen => [point, roleOf(point), 2]))] : []),
		],
	};
};

/** What the captures at the client, its node and the backend showed. */
export const buildCapture = (flows: readonly Flow[], labels: readonly string[] = ['default/mars1', 'k8s1', 'default/nginx-app'], problem?: string): CaptureEvidence => ({
	points: labels.map(label => ({
		label, role: roleOf(label), command: 'tcpdump -i eth0', packets: 4, kernelDrops: 0, problem,
	})),
	flows,
	conntrackEntries: {unknown: 'not read'},
	ipvsConnections: {unknown: 'not read'},
	udpEntries: {unknown: 'not read'},
});

/** The founding fault on the wire: SYN, SYN-ACK from the endpoint's own address, reset. */
export const foundingCapture = buildCapture([buildFlow({ending: 'impossible-reply', impossible: 'SYN-ACK'})]);
