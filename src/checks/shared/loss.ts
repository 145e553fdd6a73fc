import type {EvidenceRef} from '../../check.ts';
import type {Evidence} from '../../evidence/evidence.ts';
import type {Cell} from '../../probes/matrix.ts';
import {findLostPacket, nameFrame, refToPacket} from './proof.ts';

/** What the packets add where one of these cells is the captured one: `; client frame 1 left the client and never reached the backend`. */
export const tellLoss = (evidence: Evidence, cells: readonly Cell[]): {readonly words: string; readonly refs: readonly EvidenceRef[]} => {
	const isCaptured = cells.some(({role, path}) => role === 'client' && path !== 'endpoint');
	const lost = isCaptured ? findLostPacket(evidence) : undefined;
	if (!lost) {
		return {words: '', refs: []};
	}

	const {point, frame, from, to} = lost;
	return {
		words: `; ${nameFrame(evidence, point, frame)} left the ${from} and never reached the ${to}`,
		refs: [refToPacket(point, frame, `left the ${from} and never reached the ${to}`)],
	};
};
