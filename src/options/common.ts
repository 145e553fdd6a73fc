import {type Command, InvalidArgumentError, Option} from 'commander';

/** A way onto a node (design.md §5). */
export type WayName = 'ssh' | 'kubernetes' | 'local' | 'ephemeral';

/** Which cluster is meant. What is left out is as kubectl has it. */
export type ClusterOptions = {
	readonly namespace: string | undefined;
	readonly context: string | undefined;
	readonly kubeconfig: string | undefined;
};

/** How pods of our own are made. */
export type PodOptions = {
	/** What they run; undefined where no image was named. */
	readonly image: string | undefined;
	readonly pullSecret: string | undefined;
	/** The namespace for them; undefined for `hairpin-system`. */
	readonly debugNamespace: string | undefined;
	/** Seconds after which Kubernetes itself ends them. */
	readonly podDeadlineSeconds: number;
};

/** How nodes are reached. */
export type AccessOptions = PodOptions & {
	/** The way that is tried first; undefined where none was preferred. */
	readonly via: WayName | undefined;
	/** What was said with --ssh for each node; undefined where a node was named without a destination. */
	readonly destinations: ReadonlyMap<string, string | undefined>;
	readonly sshConfig: string | undefined;
	/** Whether pods of our own may be made where no other way works. */
	readonly mayMakePods: boolean;
	/** Whether programs that a node lacks may be unpacked there, in a private directory, while we look. */
	readonly mayBringTools: boolean;
	/** Whether containers may be put into the pods concerned, where nothing else works: they cannot be removed. */
	readonly mayEnterPods: boolean;
};

export type ClusterFlags = {
	readonly namespace?: string;
	readonly context?: string;
	readonly kubeconfig?: string;
};

export type PodFlags = {
	readonly image?: string;
	readonly pullSecret?: string;
	readonly debugNamespace?: string;
	readonly podDeadline: number;
};

export type AccessFlags = PodFlags & {
	readonly via?: WayName;
	readonly ssh: ReadonlyMap<string, string | undefined>;
	readonly sshConfig?: string;
	readonly pods: boolean;
	readonly tools: boolean;
	readonly ephemeral?: true;
};

const parseNumber = (text: string, from: number, to: number, what: string): number => {
	const number = text.trim() === '' ? NaN : Number(text);
	if (!Number.isFinite(number) || number < from || number > to) {
		throw new InvalidArgumentError(`${what} between ${from} and ${to} are wanted.`);
	}

	return number;
};

/** Seconds of the command line as milliseconds. */
export const parseSeconds = (text: string): number => parseNumber(text, 0.5, 60, 'seconds') * 1000;

/** A number of things to do at a time. */
export const parseCount = (text: string): number => Math.floor(parseNumber(text, 1, 256, 'numbers'));

const parseDeadline = (text: string): number => Math.ceil(parseNumber(text, 10, 86_400, 'seconds'));

/** RFC 1123, as Kubernetes wants it of namespaces: such a name is no option of kubectl either. */
export const parseNamespace = (text: string): string => {
	if (!/^[\da-z](?:[\d\-a-z]{0,61}[\da-z])?$/v.test(text)) {
		throw new InvalidArgumentError('the name of a namespace is wanted: lower-case letters, digits and dashes.');
	}

	return text;
};

// A destination that begins with a dash would be read by ssh as an option.
const collectDestination = (text: string, known: AccessFlags['ssh']): AccessFlags['ssh'] => {
	const parts = /^(?<node>[^\s\-=][^\s=]*)(?:=(?<destination>[^\s\-]\S*))?$/v.exec(text)?.groups;
	if (!parts) {
		throw new InvalidArgumentError('NODE or NODE=DEST is wanted, such as k8s1=root@192.0.2.11.');
	}

	return new Map([...known, [parts.node, parts.destination]]);
};

/** Without `namespaceOf` no namespace can be chosen. */
export const addClusterOptions = (command: Command, namespaceOf?: string): Command => {
	if (namespaceOf !== undefined) {
		command.option('-n, --namespace <name>', `namespace of ${namespaceOf}; default: that of the kubeconfig context`);
	}

	return command
		.option('--context <name>', 'kubeconfig context')
		.option('--kubeconfig <file>', 'kubeconfig file');
};

export const addPodOptions = (command: Command): Command => command
	.addOption(new Option('--image <image>', 'what pods of our own run on nodes; they are made only where an image is named: any with sh, tcpdump, nsenter, and bash or nc').env('HAIRPIN_IMAGE'))
	.option('--pull-secret <name>', 'secret in their namespace with which their image is pulled')
	.option('--debug-namespace <name>', 'namespace for pods of our own; made and removed with them where it does not exist; default: hairpin-system', parseNamespace)
	.option('--pod-deadline <seconds>', 'when Kubernetes itself ends pods of our own', parseDeadline, 600);

export const addAccessOptions = (command: Command): Command => addPodOptions(command
	.addOption(new Option('--via <way>', 'the way onto nodes that is tried first; then the others, node by node').choices(['ssh', 'kubernetes', 'local']))
	.option('--ssh <node=dest>', 'how ssh reaches a node, such as k8s1=root@192.0.2.11, and that it goes first there; may be repeated; default: its name, then its InternalIP', collectDestination, new Map())
	.option('--ssh-config <file>', 'configuration file for ssh; default: your own'))
	.option('--ephemeral', 'where nothing else works, put a container into the client and the backend pods; it ends, but stays listed in the pod until that is deleted')
	.option('--no-tools', 'unpack no tools of ours on nodes that lack tcpdump and the like, which ssh otherwise does in a directory that is removed at the end')
	.option('--no-pods', 'make no pods of our own, whatever cannot be reached without');

export const readClusterFlags = ({namespace, context, kubeconfig}: ClusterFlags): ClusterOptions => ({namespace, context, kubeconfig});

export const readPodFlags = ({image, pullSecret, debugNamespace, podDeadline}: PodFlags): PodOptions => ({
	image, pullSecret, debugNamespace, podDeadlineSeconds: podDeadline,
});

export const readAccessFlags = (flags: AccessFlags): AccessOptions => ({
	via: flags.via,
	destinations: flags.ssh,
	sshConfig: flags.sshConfig,
	...readPodFlags(flags),
	mayMakePods: flags.pods,
	mayBringTools: flags.tools,
	mayEnterPods: flags.ephemeral === true,
});
