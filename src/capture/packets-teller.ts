import type {Packet} from '../packets/packet.ts';
import {type SeenAtPoint, type SeenPacket, toSeenPacket} from '../packets/seen-packet.ts';
import type {TapPlan} from './tap.ts';

export type PacketsSeen = {readonly type: 'packets-seen'; readonly points: readonly SeenAtPoint[]};

const batchMs = 50;
// Of a burst nobody reads more than the end before the next one is told.
const maxRowsInBatch = 500;

type Batch = {readonly plan: TapPlan; total: number; rows: SeenPacket[]};

/** Tells of captured packets in batches, at most twenty times a second, however fast they come. */
export const createPacketsTeller = (tell: (news: PacketsSeen) => void) => {
	let batches = new Map<string, Batch>();
	let timer: NodeJS.Timeout | undefined;
	const flush = (): void => {
		clearTimeout(timer);
		timer = undefined;
		if (batches.size === 0) {
			return;
		}

		const points = batches.values().map(({plan: {label, role}, total, rows}) => ({
			label, role, total, rows,
		})).toArray();
		batches = new Map();
		tell({type: 'packets-seen', points});
	};

	return {
		flush,
		/** `total`: how many the point has seen, these included. */
		add(plan: TapPlan, total: number, packets: readonly Packet[]): void {
			if (packets.length === 0) {
				return;
			}

			const batch = batches.get(plan.label) ?? {plan, total, rows: []};
			batch.total = total;
			batch.rows = [...batch.rows, ...packets.slice(-maxRowsInBatch).map(packet => toSeenPacket(packet))].slice(-maxRowsInBatch);
			batches.set(plan.label, batch);
			timer ??= setTimeout(flush, batchMs).unref();
		},
	};
};
