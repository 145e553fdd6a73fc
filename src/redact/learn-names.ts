import type {Question, RecordedLine} from '../access/recording.ts';
import {
	dig,
	readList,
	readSomeText,
	readTexts,
} from '../cluster/read-json.ts';
import {decodePart} from './decode-part.ts';
import type {Name, NameKind} from './names.ts';

const kinds: ReadonlyMap<string, NameKind> = new Map([['Pod', 'pod'], ['Service', 'service'], ['Node', 'node'], ['Namespace', 'namespace'], ['Endpoints', 'service']]);

/** Fields that name something, whatever object they are in. */
const naming: ReadonlyMap<string, NameKind> = new Map([
	['namespace', 'namespace'],
	['nodeName', 'node'],
	['nominatedNodeName', 'node'],
	['hostname', 'node'],
	['subdomain', 'object'],
	['generateName', 'object'],
	['serviceAccountName', 'object'],
	['serviceName', 'service'],
	['targetPort', 'port'],
	['externalName', 'place'],
	['clusterDomain', 'place'],
	['zone', 'place'],
]);

const labelFields: ReadonlySet<string> = new Set(['labels', 'selector', 'matchLabels', 'nodeSelector', 'deprecatedTopology']);

// Keys that everybody uses; those with a domain of Kubernetes say nothing either.
const commonKey = /^(?:app|name|tier|component|release|version|role|environment|env|controller-revision-hash|pod-template-hash|k8s-app|job-name|run|(?:[\w\-]+\.)*(?:kubernetes|k8s)\.io\/.*)$/v;

const toName = (kind: NameKind, name: string | undefined): readonly Name[] => (name === undefined ? [] : [{kind, name}]);

const namesOfKey = (key: string | undefined): readonly Name[] => (key === undefined || commonKey.test(key) ? [] : [{kind: 'label', name: key}]);

const namesOfLabels = (labels: unknown): readonly Name[] => Object.entries(readTexts(labels)).flatMap(([key, value]) => [...namesOfKey(key), ...toName('label', readSomeText(value))]);

const namesOfExpression = (expression: unknown): readonly Name[] => [
	...namesOfKey(readSomeText(dig(expression, 'key'))), ...readList(dig(expression, 'values')).flatMap(value => toName('label', readSomeText(value))),
];

/** A ReplicaSet and the pods of it are called after the Deployment, and a hash. */
const namesOfObject = (value: object, kind: string): readonly Name[] => {
	const name = readSomeText(dig(value, 'metadata', 'name')) ?? '';
	const hash = readSomeText(dig(value, 'metadata', 'labels', 'pod-template-hash'));
	const owners = readList(dig(value, 'metadata', 'ownerReferences')).map(owner => readSomeText(dig(owner, 'name')) ?? '');
	return [
		...toName(kinds.get(kind) ?? 'object', name),
		...owners.flatMap(owner => [...toName('object', owner), ...(hash !== undefined && owner.endsWith(`-${hash}`) ? toName('object', owner.slice(0, -hash.length - 1)) : [])]),
	];
};

const listOf: Readonly<Record<string, NameKind>> = {
	containers: 'container',
	initContainers: 'container',
	ephemeralContainers: 'container',
	containerStatuses: 'container',
	initContainerStatuses: 'container',
	ephemeralContainerStatuses: 'container',
	ports: 'port',
};

const namesOfField = (key: string, value: unknown, of: object): readonly Name[] => {
	const kind = naming.get(key);
	if (kind !== undefined && typeof value === 'string') {
		return toName(kind, value.replace(/-$/v, ''));
	}

	if (labelFields.has(key)) {
		return namesOfLabels(value);
	}

	if (key === 'matchExpressions') {
		return readList(value).flatMap(one => namesOfExpression(one));
	}

	if (key === 'targetRef') {
		return toName(kinds.get(readSomeText(dig(value, 'kind')) ?? '') ?? 'object', readSomeText(dig(value, 'name')));
	}

	if (key === 'address' && ['Hostname', 'InternalDNS', 'ExternalDNS'].includes(readSomeText(dig(of, 'type')) ?? '')) {
		return toName('node', readSomeText(value));
	}

	return key in listOf ? readList(value).flatMap(one => toName(listOf[key], readSomeText(dig(one, 'name')))) : [];
};

/** Every name that an answer of the API holds. `kind` is what its items are, where they do not say it. */
export const namesOfAnswer = (value: unknown, kind = ''): readonly Name[] => {
	if (Array.isArray(value)) {
		return value.flatMap(item => namesOfAnswer(item, kind));
	}

	if (typeof value !== 'object' || value === null) {
		return [];
	}

	const own = readSomeText(dig(value, 'kind')) ?? kind;
	return [
		...('metadata' in value ? namesOfObject(value, own) : []),
		...Object.entries(value).flatMap(([key, item]) => [...namesOfField(key, item, value), ...namesOfAnswer(item, own.replace(/List$/v, ''))]),
	];
};

/** `/api/v1/namespaces/default/pods/mars1` names a namespace and a pod. */
const namesOfPath = (path: string): readonly Name[] => {
	const parts = (path.split('?', 1)[0] ?? '').split('/');
	const after = (word: string): string | undefined => parts[parts.indexOf(word) + 1];
	const isThere = (word: string): boolean => parts.includes(word);
	return ([['namespaces', 'namespace'], ['pods', 'pod'], ['services', 'service'], ['endpoints', 'service'], ['nodes', 'node']] as const)
		.flatMap(([word, kind]) => (isThere(word) ? toName(kind, readSomeText(decodePart(after(word) ?? ''))) : []));
};

const namesOfQuestion = (asked: Question): readonly Name[] => {
	if (asked.kind === 'kubectl') {
		return namesOfPath(asked.path);
	}

	if ('point' in asked) {
		const {point} = asked;
		return [{kind: 'node', name: point.node}, ...(point.kind === 'pod' ? [{kind: 'pod', name: point.pod}, {kind: 'namespace', name: point.namespace}] as const : [])];
	}

	return asked.kind === 'connect' ? [{kind: 'node', name: asked.node}] : [];
};

// A destination of ssh is what stands before the program, or after the dashes.
const sshDestination = /\bssh (?:.* -- )?(?<destination>[^\s\-]\S*)(?= |$)/v;
const flags: ReadonlyArray<readonly [RegExp, NameKind]> = [
	[/ --context[ =](?<name>\S+)/v, 'place'],
	[/ --kubeconfig[ =](?<name>\S+)/v, 'place'],
	[/\bssh .*?-F (?<name>\S+)/v, 'place'],
	[/\bkubectl .*?(?:-n|--namespace)[ =](?<name>\S+)/v, 'namespace'],
];

/** What a command that was run names: hosts, users, files. */
export const namesOfCommand = (command: string): readonly Name[] => {
	const destination = sshDestination.exec(command)?.groups?.destination;
	const [user, host] = destination?.includes('@') === true ? [destination.slice(0, destination.lastIndexOf('@')), destination.slice(destination.lastIndexOf('@') + 1)] : [undefined, destination];
	return [
		...(user === 'root' ? [] : toName('user', user)),
		...toName('place', host),
		...flags.flatMap(([pattern, kind]) => toName(kind, pattern.exec(command)?.groups?.name)),
	];
};

const inText: ReadonlyArray<readonly [RegExp, NameKind]> = [
	[/^kernel\/hostname:(?<name>\S+)$/gmv, 'node'],
	[/--hostname-override(?:[ =]|\n\|)(?<name>[^\s"]+)/gv, 'node'],
	[/"HostnameOverride": ?"(?<name>[^"]+)"/gv, 'node'],
	[/(?:--cluster-domain=|clusterDomain: |"clusterDomain": ?")(?<name>[^\s"]+)/gv, 'place'],
	[/\/(?:home|Users)\/(?<name>[^\s"',\/:]+)/gv, 'user'],
	// What ssh and kubectl say of where they go.
	[/(?<![\w\-.])(?<name>[a-z_][\w\-]*)@[\da-z][\w\-.:]*(?=: permission denied|'s password)/giv, 'user'],
	[/(?<![\w\-.])[a-z_][\w\-]*@(?<name>[a-z][\w\-.]*)(?=: permission denied|'s password)/giv, 'place'],
	[/\b(?:lookup|resolve hostname|connect to host) (?<name>[\da-z][\w\-.]*[a-z][\w\-.]*)/giv, 'place'],
	[/\b[a-z][+a-z]*:\/\/(?:[^\s\/@]{1,200}@)?(?<name>[\da-z][\w\-.]*[a-z][\w\-.]*)/giv, 'place'],
	[/(?:--provider-id=|providerID: ?|"providerID": ?)"?(?<name>[^\s"]+)/gv, 'place'],
	// What people call their own chains of a firewall, and sets of addresses.
	[/ -A (?<name>(?!KUBE-|CNI-|FLANNEL|DOCKER|cali|CILIUM_|OLD_CILIUM_|ufw6?-|f2b-|(?:INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING) )\S+)/gv, 'chain'],
	[/ --match-set (?<name>(?!KUBE-|cali)\S+)/gv, 'chain'],
	[/^table (?:ip6?|inet|bridge|arp|netdev) (?<name>(?!(?:filter|nat|mangle|raw|security|kube-proxy|firewalld|hairpin\S*)$)\S+)$/gmv, 'chain'],
	[/\buser "?(?<name>[^\s"]+)"? (?:may not|cannot)/giv, 'user'],
	[/--comment "?(?<name>[\da-z][\d\-a-z]*)\/[\d\-.a-z]+/gv, 'namespace'],
	[/--comment "?[\da-z][\d\-a-z]*\/(?<name>[\da-z][\d\-.a-z]*)/gv, 'service'],
	[/--comment "?[\da-z][\d\-a-z]*\/[\d\-.a-z]+:(?<name>[\da-z][\d\-a-z]*)/gv, 'port'],
];

// `--node-labels=acme.example/team=blue,tier=web`: keys name something too.
const namesOfNodeLabels = (text: string): readonly Name[] => text.matchAll(/--node-labels(?:=|\n\|)(?<labels>[^\s"]+)/gv)
	.flatMap(({groups}) => namesOfLabels(Object.fromEntries((groups?.labels ?? '').split(',').map(label => label.split('=', 2)).filter(pair => pair.length === 2) as Array<[string, string]>))).toArray();

/** What a text names by the words around it. */
export const namesInText = (text: string): readonly Name[] => [
	...inText.flatMap(([pattern, kind]) => text.matchAll(pattern).flatMap(({groups}) => toName(kind, groups?.name)).toArray()),
	...namesOfNodeLabels(text),
];

/** A host is also known by the first part of its name. */
const withShort = (name: Name): readonly Name[] => (name.kind === 'node' && /^[^.a-z]*[a-z][^.]*\./v.test(name.name) ? [name, {kind: 'node', name: name.name.split('.', 1)[0] ?? ''}] : [name]);

const namesOfLine = (line: RecordedLine): readonly Name[] => {
	if ('asked' in line) {
		return namesOfQuestion(line.asked);
	}

	const {came} = line;
	switch (came.kind) {
		case 'namespace': {
			return [{kind: 'namespace', name: came.namespace}];
		}

		case 'kubectl': {
			return came.answer.ok ? namesOfAnswer(came.answer.value) : namesInText(came.answer.because);
		}

		case 'run': {
			const {answer} = came;
			return [...namesOfCommand(answer.command), ...namesInText(answer.ok ? `${answer.stdout}\n${answer.stderr}` : answer.because)];
		}

		case 'opened': {
			return namesOfCommand(came.command);
		}

		case 'bytes':
		case 'connect':
		case 'ended': {
			return [];
		}
	}
};

/** Every name in a recording, each once, in the order of the alphabet, so that pseudonyms keep it. */
export const learnNames = (lines: readonly RecordedLine[]): readonly Name[] => {
	const names = lines.flatMap(line => namesOfLine(line)).flatMap(name => withShort(name)).filter(({name}) => name !== '');
	const unique = new Map(names.map(({kind, name}) => [`${kind} ${name}`, {kind, name}]));
	// A node that is also a host of ssh is a node.
	const ranks: readonly NameKind[] = ['namespace', 'service', 'pod', 'node', 'container', 'user', 'place', 'object', 'port', 'label', 'interface', 'chain'];
	return ranks.flatMap(rank => unique.values().filter(({kind}) => kind === rank).toArray().toSorted((a, b) => a.name.localeCompare(b.name)));
};
