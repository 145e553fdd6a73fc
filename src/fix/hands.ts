import type {Access, AccessNews, Connection} from '../access/access.ts';
import {createAccess} from '../access/create-access.ts';
import type {KubectlProgram} from '../cluster/kubectl.ts';
import type {Consent} from '../consent.ts';
import {readNode} from '../evidence/collect.ts';
import type {NodeEvidence} from '../evidence/evidence.ts';
import type {AccessOptions} from '../options.ts';

/** The ways onto nodes of one fix: opened anew when there is consent, or for a node that was lost. */
export type Hands = {
	/** Stays the same however often ways are opened anew; closing it does nothing. */
	readonly access: Access;
	/** From now on, nodes can be changed. */
	readonly agree: (consent: Consent) => Promise<void>;
	/** Opens the way onto one node anew. */
	readonly renew: (node: string) => Promise<Connection>;
	readonly readNode: (node: string) => Promise<NodeEvidence | undefined>;
	readonly close: () => Promise<void>;
};

export type HandsOptions = {
	readonly options: AccessOptions;
	readonly kubectl: KubectlProgram;
	readonly addressOf: (node: string) => string | undefined;
	readonly tell: (news: AccessNews) => void;
	/** Whether somebody agreed beforehand. */
	readonly consent: Consent | undefined;
	/** The Service that rules are read of, so that an effect is seen on that one. */
	readonly question: () => {readonly vip: string; readonly endpointIps: readonly string[]};
};

/** Ways that are opened one after the other, all closed at the end. */
const createWays = (open: () => Access) => {
	const opened: Access[] = [];
	const openAnother = (): Access => {
		const access = open();
		opened.push(access);
		return access;
	};

	let base = openAnother();
	const renewed = new Map<string, Access>();
	return {
		of: (node: string): Access => renewed.get(node) ?? base,
		renewAll() {
			renewed.clear();
			base = openAnother();
		},
		async renew(node: string): Promise<Connection> {
			const access = openAnother();
			const connection = await access.connect(node);
			if (connection.ok) {
				renewed.set(node, access);
			}

			return connection;
		},
		async close() {
			await Promise.all(opened.map(async each => each.close()));
		},
	};
};

export const createHands = ({options, kubectl, addressOf, tell, consent: given, question}: HandsOptions): Hands => {
	let consent = given;
	const ways = createWays(() => createAccess(options, {
		addressOf, kubectl, tell, consent,
	}));
	const access: Access = {
		connect: async node => ways.of(node).connect(node),
		run: async (point, script, runOptions) => ways.of(point.node).run(point, script, runOptions),
		stream: (point, script) => ways.of(point.node).stream(point, script),
		change: (node, script) => ways.of(node).change(node, script),
		close: async () => undefined,
	};

	return {
		access,
		renew: ways.renew,
		close: ways.close,
		async agree(agreed) {
			if (consent !== undefined) {
				return;
			}

			consent = agreed;
			ways.renewAll();
		},
		async readNode(node) {
			const connection = await access.connect(node);
			const news = connection.ok ? await readNode(access, node, question()) : undefined;
			if (news?.type === 'node-read') {
				return news.evidence;
			}

			// Kubelet's restart, for one, ends the pod that we look from.
			await ways.renew(node);
			return undefined;
		},
	};
};
