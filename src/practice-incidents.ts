/** An incident to practise on. Its recordings are in recordings/practice/NAME: what was found, and what each change led to. */
export type PracticeIncident = {
	readonly name: string;
	readonly title: string;
	/** What can be tried, each made from the state that was found. */
	readonly changes: readonly string[];
};

/** The first one is meant where none is named. */
export const practiceIncidents: readonly PracticeIncident[] = [
	{
		name: 'founding',
		title: 'pods on the backend\'s node cannot reach its Service, pods on other nodes can',
		changes: ['br-netfilter', 'masquerade-all=true', 'hairpin-port=on', 'kubelet-hairpin-mode=hairpin-veth', 'proxy-mode=iptables'],
	},
	{
		name: 'hairpin-port',
		title: 'a pod cannot reach itself through its own Service, all others can reach it',
		changes: ['hairpin-port=on'],
	},
	{
		name: 'target-port',
		title: 'every connection to the Service is refused, although its pod is ready',
		changes: ['target-port=80'],
	},
	{
		name: 'forward-drop',
		title: 'only pods on the backend\'s own node reach it',
		changes: ['forward-accept=on'],
	},
	{
		name: 'two-backends',
		title: 'about every second connection of a pod on the node of one backend fails',
		changes: ['br-netfilter'],
	},
];
