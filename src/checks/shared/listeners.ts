import type {Endpoint, ServicePort} from '../../cluster/cluster.ts';
import type {Evidence, Listener} from '../../evidence/evidence.ts';
import {backendOf} from './routes.ts';
import {podLabel} from './words.ts';

export type Listening =
	| {readonly state: 'reachable' | 'loopback-only' | 'absent'; readonly on: readonly Listener[]; readonly others: readonly Listener[]; readonly pod: string}
	| {readonly state: 'unknown'; readonly because: string};

export const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1' || ip.startsWith('::ffff:127.');

/** A socket bound to :: takes IPv4 as well, unless it asked for IPv6 only, which /proc/net/tcp6 does not tell. */
const isAccepting = (listener: Listener, ip: string): boolean => {
	const isAny = listener.ip === '::' || (listener.ip === '0.0.0.0' && !ip.includes(':'));
	return isAny || listener.ip === ip || listener.ip === `::ffff:${ip}`;
};

const isOfProtocol = (listener: Listener, protocol: ServicePort['protocol']): boolean => listener.protocol.startsWith(protocol.toLowerCase());

const whyUnread = (evidence: Evidence, pod: string | undefined): string => {
	if (pod === undefined) {
		return 'the endpoint is no pod that could be read';
	}

	const because = evidence.unreachable.get(pod);
	return `the sockets of ${pod} could not be read${because === undefined ? '' : `: ${because}`}`;
};

/** Who listens on an endpoint's port, from the sockets of its pod. */
export const readListening = (endpoint: Endpoint, evidence: Evidence): Listening => {
	const backend = backendOf(endpoint, evidence);
	const pod = backend && podLabel(backend);
	const listeners = pod === undefined ? undefined : evidence.pods.get(pod)?.listeners;
	if (pod === undefined || listeners === undefined) {
		return {state: 'unknown', because: whyUnread(evidence, pod)};
	}

	if ('unknown' in listeners) {
		return {state: 'unknown', because: `the sockets of ${pod} could not be read: ${listeners.unknown}`};
	}

	const mine = listeners.value.filter(listener => isOfProtocol(listener, evidence.target.port.protocol));
	const on = mine.filter(({port}) => port === endpoint.port);
	const others = listeners.value.filter(listener => listener.port !== endpoint.port || !isOfProtocol(listener, evidence.target.port.protocol));
	if (on.some(listener => isAccepting(listener, endpoint.ip))) {
		return {
			state: 'reachable', on, others, pod,
		};
	}

	const isLoopbackOnly = on.length > 0 && on.every(({ip}) => isLoopback(ip));
	return {
		state: isLoopbackOnly ? 'loopback-only' : 'absent', on, others, pod,
	};
};
