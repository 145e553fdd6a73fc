import {hostname} from 'node:os';
import {createAccess} from './access/create-access.ts';
import type {KubectlProgram} from './cluster/kubectl.ts';
import type {AccessOptions, Vip} from './options.ts';
import type {SessionTools} from './session.ts';
import {resolveVip} from './vip/resolve-vip.ts';

export type VipCheckOptions = AccessOptions & {readonly vip: Vip; readonly from: string};

export type VipCheckTools = {
	/** Never asked for anything: pods of our own need an API server. */
	readonly kubectl: KubectlProgram;
	readonly tell: (line: string) => void;
	readonly signal: AbortSignal;
};

/** The nodes that were named, and this machine where it is meant to be one. */
const nodesOf = ({destinations, via}: AccessOptions): readonly string[] => [...new Set([...destinations.keys(), ...(via === 'local' ? [hostname()] : [])])];

/** How a check without an API server finds its target: by the access that the session then uses, since only the nodes know. */
export const prepareVipCheck = (options: VipCheckOptions, {kubectl, tell, signal}: VipCheckTools): Pick<SessionTools, 'resolveTarget' | 'openAccess'> => {
	const nodes = nodesOf(options);
	const access = createAccess({...options, mayMakePods: false}, {addressOf: () => undefined, kubectl, tell: () => undefined});
	return {
		async resolveTarget() {
			tell(`no API server is asked; reading the rules and addresses of ${nodes.join(', ')}`);
			try {
				return await resolveVip(access, {
					vip: options.vip, clientIp: options.from, nodes, signal,
				});
			} catch (error) {
				await access.close();
				throw error;
			}
		},
		openAccess: () => access,
	};
};
