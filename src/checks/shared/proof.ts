import type {EvidenceRef} from '../../check.ts';
import type {Evidence} from '../../evidence/evidence.ts';
import type {Flow, ImpossibleReply, PointRole} from '../../packets/flow.ts';
import {formatAddress} from './words.ts';

/** The client's captured attempts to reach the Service. */
export const flowsOf = ({capture}: Evidence): readonly Flow[] => capture?.flows ?? [];

const roleOf = ({capture}: Evidence, label: string): PointRole => capture?.points.find(point => point.label === label)?.role ?? 'unknown';

const didPointsWork = ({capture}: Evidence, role: PointRole): boolean => {
	const points = capture?.points.filter(point => point.role === role) ?? [];
	return points.length > 0 && points.every(({problem, kernelDrops}) => problem === undefined && (kernelDrops ?? 0) === 0);
};

/** `client frame 2`. */
export const nameFrame = (evidence: Evidence, point: string, frame: number): string => {
	const role = roleOf(evidence, point);
	return `${role === 'unknown' ? point : role} frame ${frame}`;
};

export const refToPacket = (point: string, frame: number, says: string): EvidenceRef => ({
	kind: 'packet', point, frame, says,
});

/** A reply that reached the client with another address than the one it dialled. */
export const findImpossibleReply = (evidence: Evidence): ImpossibleReply | undefined =>
	flowsOf(evidence).map(({impossibleReply}) => impossibleReply).find(reply => reply !== undefined);

/** The client's capture worked, attempts went unanswered, and no reply from a wrong address came. */
export const hasNoReply = (evidence: Evidence): boolean => didPointsWork(evidence, 'client')
	&& flowsOf(evidence).some(({ending}) => ending === 'unanswered')
	&& findImpossibleReply(evidence) === undefined;

export type LostPacket = {readonly point: string; readonly frame: number; readonly from: 'client' | 'backend'; readonly to: 'client' | 'backend'};

const wasSeenBy = (evidence: Evidence, labels: readonly string[], role: PointRole): boolean => labels.some(label => roleOf(evidence, label) === role);

const frameAt = (flow: Flow, direction: 'forward' | 'back', role: PointRole) =>
	flow.ladder.find(row => row.direction === direction)?.sightings.find(sighting => sighting.role === role);

/** The opening of a flow at the client, to point at: `client frame 1`. */
export const openingFrame = (flow: Flow): {readonly point: string; readonly frame: number} | undefined => frameAt(flow, 'forward', 'client');

const lostIn = (evidence: Evidence, flow: Flow): LostPacket | undefined => {
	const isOpening = !wasSeenBy(evidence, flow.reached, 'backend');
	const [from, to] = isOpening ? ['client', 'backend'] as const : ['backend', 'client'] as const;
	const seen = frameAt(flow, isOpening ? 'forward' : 'back', from);
	return seen && {
		point: seen.point, frame: seen.frame, from, to,
	};
};

/** A packet of an unanswered flow that left one end and did not come out at the other, all captures having worked. */
export const findLostPacket = (evidence: Evidence): LostPacket | undefined => (didPointsWork(evidence, 'client') && didPointsWork(evidence, 'backend')
	? flowsOf(evidence).filter(({ending}) => ending === 'unanswered').map(flow => lostIn(evidence, flow)).find(lost => lost !== undefined)
	: undefined);

/** `client frame 2: SYN-ACK from 10.244.0.19:80, expected 10.98.171.178:8080`. */
export const describeImpossible = (evidence: Evidence, {point, frame, what, source, expected}: ImpossibleReply): string =>
	`${nameFrame(evidence, point, frame)}: ${what} from ${formatAddress(source)}, expected ${formatAddress(expected)}`;
