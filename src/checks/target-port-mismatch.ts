import type {Check, Verdict} from '../check.ts';
import type {Evidence, Listener} from '../evidence/evidence.ts';
import {isCellExplained} from './shared/explain.ts';
import {isLoopback} from './shared/listeners.ts';
import {findInApi} from './shared/repairs.ts';
import {type Answer, predictRefusal, readAnswers} from './shared/refusals.ts';
import {
	broken,
	latent,
	ok,
	unknown,
} from './shared/verdicts.ts';
import {formatAddress, joinWords, serviceLabel} from './shared/words.ts';

const formatPort = ({protocol, port}: Listener): string => `${port}/${protocol.replace('6', '')}`;

const describeOthers = (others: readonly Listener[]): string => {
	const outside = others.filter(({ip}) => !isLoopback(ip));
	return outside.length === 0
		? 'nor on any other port: the application is not up'
		: `it listens on ${joinWords(outside.map(listener => formatPort(listener)))} instead`;
};

const describeClosed = ({endpoint, listening}: Answer): string => {
	if (listening.state === 'unknown') {
		return '';
	}

	const others = describeOthers(listening.others);
	return `nothing in ${listening.pod} listens on port ${endpoint.port}${others.startsWith('nor') ? ', ' : '; '}${others}`;
};

const refsOf = (evidence: Evidence, answers: readonly Answer[]) => [
	{kind: 'object' as const, object: `service ${serviceLabel(evidence.target.service)}`, says: `port ${evidence.target.port.port} → targetPort ${evidence.target.port.targetPort}`},
	...answers.flatMap(({listening}) => {
		const listeners = listening.state === 'unknown' ? undefined : evidence.pods.get(listening.pod)?.listeners;
		return listeners && 'origin' in listeners ? [{kind: 'value' as const, origin: listeners.origin}] : [];
	}),
];

const judgeUnclear = (answers: readonly Answer[]): Verdict | undefined => {
	for (const {endpoint, listening, probed} of answers) {
		if (probed !== 'open' && listening.state === 'unknown') {
			return unknown(listening.because);
		}

		if (probed === 'refused' && listening.state === 'reachable') {
			return unknown(`${formatAddress(endpoint)} refuses, although ${listening.pod} listens there: something in between, or a full backlog`);
		}
	}

	return undefined;
};

const judge = (evidence: Evidence): Verdict => {
	const answers = readAnswers(evidence);
	if (answers.length === 0) {
		return unknown('there is no ready endpoint whose port could be asked');
	}

	const closed = answers.filter(({listening, probed}) => probed !== 'open' && listening.state === 'absent');
	const refused = closed.filter(({probed}) => probed === 'refused');
	if (refused.length > 0) {
		const addresses = joinWords(refused.map(({endpoint}) => formatAddress(endpoint)));
		return broken(`${addresses} ${refused.length === 1 ? 'refuses' : 'refuse'}: ${joinWords(refused.map(answer => describeClosed(answer)))}`, refsOf(evidence, refused), 'certain');
	}

	if (closed.length > 0) {
		return latent(`${joinWords(closed.map(answer => describeClosed(answer)))}; no probe got far enough to be refused`, refsOf(evidence, closed));
	}

	const open = answers.filter(({listening, probed}) => listening.state === 'reachable' || probed === 'open').map(({endpoint}) => formatAddress(endpoint));
	return judgeUnclear(answers) ?? ok(open.length === 0 ? 'the port is open, on the loopback address only' : `something listens on ${joinWords(open)}`);
};

const portIndex = ({target}: Evidence): number => Math.max(0, target.service.ports.findIndex(({port, protocol}) => port === target.port.port && protocol === target.port.protocol));

/** Where a pod listens instead, for whoever asks from outside. */
const outsidePorts = ({listening}: Answer, {target: {port}}: Evidence): ReadonlySet<number> => new Set((listening.state === 'absent' ? listening.others : [])
	.filter(({ip, protocol}) => !isLoopback(ip) && protocol.startsWith(port.protocol.toLowerCase()))
	.map(listener => listener.port));

const declaredPorts = ({target: {backends, port}}: Evidence): ReadonlySet<number> => new Set(backends
	.flatMap(({containers}) => containers.flatMap(({ports}) => ports))
	.filter(({protocol}) => protocol === port.protocol)
	.map(({containerPort}) => containerPort));

/**
 The port that was probably meant: one on which every backend listens, none of which answers on the present one; of several the one that they declare.
 Where one backend answers as it is, or they have no port in common, it is no wrong targetPort but a pod without its application.
 */
const findOther = (evidence: Evidence): number | undefined => {
	const answers = readAnswers(evidence);
	const [first = new Set<number>(), ...others] = answers.map(answer => outsidePorts(answer, evidence));
	const common = new Set([...first].filter(port => others.every(ports => ports.has(port))));
	const declared = [...common.intersection(declaredPorts(evidence))];
	const isClear = answers.every(({probed, listening}) => probed !== 'open' && listening.state === 'absent');
	const [meant, ...more] = declared.length > 0 ? declared : [...common];
	return isClear && more.length === 0 ? meant : undefined;
};

const repair = (evidence: Evidence): readonly string[] => {
	const {service, port, isFromRules} = evidence.target;
	const other = findOther(evidence);
	if (isFromRules === true) {
		return [
			...findInApi(service),
			...(other === undefined ? [] : [`kubectl -n NAMESPACE edit service NAME   # targetPort of port ${port.port}: ${other}`]),
		];
	}

	if (other === undefined) {
		return evidence.target.backends.map(pod => `kubectl -n ${pod.namespace} logs ${pod.name} --all-containers --tail=50   # nothing listens for ${port.protocol} there`);
	}

	return [
		`kubectl -n ${service.namespace} patch service ${service.name} --type=json -p '[{"op":"replace","path":"/spec/ports/${portIndex(evidence)}/targetPort","value":${other}}]'`,
	];
};

export const targetPortMismatch: Check = {
	id: 'target-port-mismatch',
	place: 120,
	title: 'Something listens on targetPort',
	explain: 'A Service forwards to targetPort of the pod, whatever the application listens on. Where nothing listens, the pod refuses; on the pod\'s own bridge without br_netfilter even the refusal gets lost and the client times out.',
	judge,
	explains: (cell, evidence) => isCellExplained(cell, evidence, predictRefusal(evidence, 'absent')),
	repair,
	fixedBy(evidence) {
		const other = findOther(evidence);
		return other === undefined ? [] : [`target-port=${other}`];
	},
};
