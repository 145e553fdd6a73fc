export type Outcome = 'open' | 'refused' | 'timeout' | 'unreachable' | 'error';

/** Which way a probe goes: through the ClusterIP, straight to an endpoint, or from a backend through the ClusterIP (which may lead back to itself). */
export type Path = 'vip' | 'endpoint' | 'self';

/** One connection attempt. */
export type Attempt = {
	readonly outcome: Outcome;
	/** Milliseconds until the outcome was known. */
	readonly ms: number;
	/** The endpoint that was reached, where packets or kernel tables show it. */
	readonly backend?: string;
	/** The client's own port, where packets show it. */
	readonly sourcePort?: number;
	/** True where packets settled the outcome before the program's own time-out. */
	readonly isDecidedByPackets?: boolean;
};

/** All attempts from one place to one address. */
export type Cell = {
	/** Label of the point: `default/mars1`, or the node's name. */
	readonly from: string;
	readonly fromKind: 'pod' | 'node';
	readonly fromNode: string;
	readonly role: 'client' | 'other' | 'backend' | 'node';
	readonly toIp: string;
	readonly toPort: number;
	readonly protocol: 'TCP' | 'UDP';
	readonly path: Path;
	readonly attempts: readonly Attempt[];
	/** Attempts that failed before these, where nothing explains why they did: what kept them was transient. */
	readonly earlier?: readonly Attempt[];
	/** Made only to tell causes apart, so that it is not part of every look. */
	readonly isFurther?: boolean;
	/** What a person would type. */
	readonly command: string;
	/** Why the probe could not be made. */
	readonly error?: string;
};

export type Matrix = readonly Cell[];

/** The outcome of a cell: that of its attempts when they agree, else `intermittent`. */
export const cellOutcome = (cell: Cell): Outcome | 'intermittent' | 'unknown' => {
	const outcomes = new Set(cell.attempts.map(attempt => attempt.outcome));
	if (outcomes.size === 0) {
		return 'unknown';
	}

	return outcomes.size === 1 ? [...outcomes][0] : 'intermittent';
};

/** True when at least one attempt failed. */
export const isFailing = (cell: Cell): boolean => cell.attempts.some(attempt => attempt.outcome !== 'open');

/** True when it was asked, and no attempt failed. */
export const isOpen = (cell: Cell): boolean => cell.attempts.length > 0 && !isFailing(cell);

/** Whether it was made only to tell causes apart, so that it is not made again after a change. */
export const isFurther = (cell: Pick<Cell, 'isFurther'>): boolean => cell.isFurther === true;

/** Tells cells apart: who asks whom. */
export const nameCell = ({fromKind, from, toIp, toPort}: Pick<Cell, 'fromKind' | 'from' | 'toIp' | 'toPort'>): string =>
	`${fromKind} ${from} → ${toIp} ${toPort}`;

/** Who asks in the cell of a name. */
export const placeOfCell = (name: string): string => name.slice(name.indexOf(' ') + 1).split(' → ', 1)[0];
