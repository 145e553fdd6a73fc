import {performance} from 'node:perf_hooks';
import type {AccessNews} from '../access/access.ts';
import type {Service, ServicePort} from '../cluster/cluster.ts';
import {podLabel, serviceLabel} from '../cluster/pod-label.ts';
import {cellOutcome} from '../probes/matrix.ts';
import type {SessionEvent} from '../session-state.ts';

type Sentences = {
	readonly [Type in SessionEvent['type']]: (event: Extract<SessionEvent, {type: Type}>) => string | undefined;
};

const nameService = (service: Service, {port}: ServicePort): string => (service.namespace === '' ? service.name : `${serviceLabel(service)} ${service.clusterIp}:${port}`);

const podRights = {
	look: 'on the node\'s network, with rights as good as root there',
	change: 'privileged, so that it can change the node',
	warm: 'without any rights, so that it is pulled',
} as const;

const sentences: Sentences = {
	'target-resolved'({target}) {
		const {service, port, endpoints, client, nodes} = target;
		return `${nameService(service, port)} has ${endpoints.length} endpoint${endpoints.length === 1 ? '' : 's'}; client ${podLabel(client)} ${client.namespace === '' ? `on ${client.node}` : client.ip}; connecting to ${nodes.keys().toArray().join(', ')}`;
	},
	'pods-announced': ({namespace, willMakeNamespace, image, deadlineSeconds, purpose}) =>
		`making a pod of ours on each node, in ${willMakeNamespace ? 'a new namespace' : 'the namespace'} ${namespace}: image ${image}, ${podRights[purpose]}; all is removed at the end, at the latest after ${deadlineSeconds} s${purpose === 'look' ? ' (--dry-run prints it)' : ''}`,
	'pods-refused': ({because}) => `${because}; what the API alone tells is checked`,
	'node-pod-waited': ({node, doing}) => (doing === '' ? undefined : `the pod on ${node}: ${doing}`),
	'container-announced': ({pod, image}) => `putting a container into ${pod}: image ${image}; it ends with us, but Kubernetes cannot remove it: it stays listed in the pod until that is deleted`,
	'tools-missing': ({node, missing, directory, because}) => `${node} has no ${missing.join(', ')}: ${directory === undefined ? `what needs them stays unknown, since ${because ?? 'nobody brought them'}` : `ours are used from ${directory}, removed at the end`}`,
	'pods-left': ({namespace, because}) => `not everything of ours could be removed from ${namespace} (${because}); look with: hairpin sweep`,
	'node-reached': ({node, way}) => `${node} reached over ${way}`,
	'point-unreachable': ({point, because}) => `${point} cannot be read: ${because}`,
	'node-read': ({evidence}) => `${evidence.node} read`,
	'pod-read': ({evidence}) => `${podLabel({namespace: evidence.namespace, name: evidence.pod})} read`,
	'capture-armed': ({label}) => `capture armed on ${label}`,
	'capture-failed': ({label, because}) => `no capture on ${label}: ${because}`,
	'probes-fired': ({cells}) => `${cells.length} probes fired`,
	'opening-seen': () => 'the client\'s first packet was captured',
	'packets-seen': () => undefined,
	'checks-judged': () => undefined,
	'probe-answered': ({cell}) => `${cell.from} → ${cell.toIp}:${cell.toPort} ${cell.error ?? cellOutcome(cell)}`,
	'full-size-tried': ({ways}) => `packets of full size between nodes: ${ways.map(({from, to, outcome}) => `${from} → ${to} ${outcome}`).join(', ')}`,
	'name-looked-up': ({lookups}) => lookups.map(({from, server, name}) => `${from} asked ${server} for ${name}`).join(', '),
	'flow-decided': () => undefined,
	'capture-stopped': ({capture}) => `captures stopped: ${capture.points.map(({label, packets}) => `${label} ${packets} packets`).join(', ')}`,
	diagnosed: ({diagnosis, isFinal}) => (isFinal ? undefined : `so far: ${diagnosis.sentence}`),
};

/** A line with the seconds since the program was started. */
export const stampLine = (atMs: number, text: string): string => `${(atMs / 1000).toFixed(1).padStart(5)} s  ${text}`;

/** One sentence about an event, or undefined where there is nothing to say. */
export const describeEvent = (event: SessionEvent): string | undefined => (sentences[event.type] as (event: SessionEvent) => string | undefined)(event);

/** One line about an event for somebody who waits, or undefined where there is nothing to say. */
export const formatProgress = (event: SessionEvent): string | undefined => {
	const sentence = describeEvent(event);
	return sentence === undefined ? undefined : stampLine(event.atMs, sentence);
};

/** Tells every event of which there is something to say. What comes from outside of a session has no time yet. */
export const tellProgress = (warn: (line: string) => void) => (event: SessionEvent | AccessNews): void => {
	const line = formatProgress('atMs' in event ? event : {...event, atMs: performance.now()});
	if (line !== undefined) {
		warn(line);
	}
};
