import type {Access, AccessNews} from './access/access.ts';
import type {Target} from './target.ts';

/** One access for all sessions of one program: connections stay open between them, and one end closes them. */
export const createSharedAccess = (create: (addressOf: (node: string) => string | undefined, tell: (news: AccessNews) => void) => Access) => {
	let nodes: Target['nodes'] = new Map();
	let teller: (news: AccessNews) => void = () => undefined;
	let access: Access | undefined;
	return {
		open(target: Target, tell: (news: AccessNews) => void): Access {
			nodes = new Map([...nodes, ...target.nodes]);
			teller = tell;
			access ??= create(node => nodes.get(node)?.internalIp, news => {
				teller(news);
			});
			return {...access, close: async () => undefined};
		},
		access: (): Access | undefined => access,
		async close(): Promise<void> {
			await access?.close();
		},
	};
};
