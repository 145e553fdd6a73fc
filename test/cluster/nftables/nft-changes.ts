import {
	configure,
	endpoint,
	masqueradeAll,
	nftCases,
	patchSlice,
	ruleset,
	untilRules,
} from './nft-cases.ts';
import {nftNode} from './nft-node.ts';

/** A change of the node in nftables mode: in what state, and how it is made without hairpin. */
export type NftChange = {
	readonly id: string;
	/** The title of the case whose state is there before. */
	readonly state: string;
	readonly make: () => Promise<unknown>;
	/** What hairpin must say of the client's connection to the Service. */
	readonly foretold: 'fixed' | 'stays' | 'breaks';
	/** Left to HAIRPIN_EVERY=1. */
	readonly isThorough?: true;
};

const {kubectl} = nftNode;

const serve = async (port: number): Promise<void> => {
	await kubectl('patch', 'service', 'nginx', '--type=merge', '-p', JSON.stringify({spec: {selector: {app: 'nginx'}, ports: [{port: 8080, targetPort: port}]}}));
	await patchSlice({endpoints: [endpoint('10.244.9.20', 'nginx')], ports: [{port, protocol: 'TCP'}]});
	await untilRules('the rules to follow', `${ruleset} | grep -qF 'dnat to 10.244.9.20:${port}'`);
};

const masqueradeNone = async (): Promise<void> => {
	await configure('masqueradeAll', 'false');
	await untilRules('no connection of pods to be masqueraded', `! ${ruleset} | grep -qF 'tcp dport 8080 jump mark-for-masquerade'`);
};

export const nftChanges: readonly NftChange[] = [
	{
		id: 'masquerade-all=true', state: 'bridge-nf-call-iptables is 0', make: masqueradeAll, foretold: 'fixed',
	},
	{
		id: 'masquerade-all=false', state: 'masqueradeAll hides that bridge-nf-call-iptables is 0', make: masqueradeNone, foretold: 'breaks', isThorough: true,
	},
	{
		id: 'service-selector=app=nginx', state: 'the selector matches no pod', make: async () => serve(80), foretold: 'fixed',
	},
	{
		id: 'target-port=80', state: 'targetPort is a port on which nobody listens', make: async () => serve(80), foretold: 'fixed', isThorough: true,
	},
];

/** Makes the state in which a change is foretold. */
export const makeState = async (state: string): Promise<unknown> => nftCases.find(({title}) => title === state)?.inject();
