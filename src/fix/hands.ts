import type {Access, AccessNews} from '../access/access.ts';
import {createAccess} from '../access/create-access.ts';
import type {KubectlProgram} from '../cluster/kubectl.ts';
import type {Consent} from '../consent.ts';
import {readNode} from '../evidence/collect.ts';
import type {NodeEvidence} from '../evidence/evidence.ts';
import type {AccessOptions} from '../options.ts';

/** The ways onto nodes of one fix: opened anew when there is consent, or when they were lost. */
export type Hands = {
	readonly access: () => Access;
	/** From now on, nodes can be changed. */
	readonly agree: (consent: Consent) => Promise<void>;
	/** Opens all ways anew. */
	readonly renew: () => Promise<Access>;
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

export const createHands = ({options, kubectl, addressOf, tell, consent: given, question}: HandsOptions): Hands => {
	let consent = given;
	const open = (): Access => createAccess(options, {
		addressOf, kubectl, tell, consent,
	});
	let access = open();
	const old: Access[] = [];
	// Other nodes may still be reached by the old ways, so these are closed at the end.
	const renew = async (): Promise<Access> => {
		old.push(access);
		access = open();
		return access;
	};

	return {
		access: () => access,
		renew,
		async agree(agreed) {
			if (consent !== undefined) {
				return;
			}

			consent = agreed;
			await renew();
		},
		async readNode(node) {
			const connection = await access.connect(node);
			const news = connection.ok ? await readNode(access, node, question()) : undefined;
			return news?.type === 'node-read' ? news.evidence : undefined;
		},
		async close() {
			await Promise.all([access, ...old].map(async each => each.close()));
		},
	};
};
