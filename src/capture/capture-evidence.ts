import type {Known} from '../evidence/evidence.ts';
import type {Flow, PointRole} from '../packets/flow.ts';

/** One tcpdump: where it ran and how well it did. */
export type CapturePoint = {
	readonly label: string;
	readonly role: PointRole;
	readonly command: string;
	readonly packets: number;
	readonly kernelDrops: number | undefined;
	/** Why it could not be armed or ended early. */
	readonly problem: string | undefined;
};

/** What the paired capture showed of the client's attempts to reach the Service. */
export type CaptureEvidence = {
	readonly points: readonly CapturePoint[];
	/** Flows from the client to the ClusterIP, one for each attempt. */
	readonly flows: readonly Flow[];
	/** Lines of `conntrack -L` and of /proc/net/ip_vs_conn for those attempts, read on the client's node right after them. */
	readonly conntrackEntries: Known<readonly string[]>;
	readonly ipvsConnections: Known<readonly string[]>;
	/** Of the first table, all lines of UDP, whoever of the client's programs they are of. */
	readonly udpEntries: Known<readonly string[]>;
};
