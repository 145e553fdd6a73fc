import type {Check, EvidenceRef, Verdict} from '../check.ts';
import {podLabel} from '../cluster/pod-label.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {mapKnown, valueOf} from '../evidence/known.ts';
import type {Flow} from '../packets/flow.ts';
import {flowsOf, refToPacket} from './shared/proof.ts';
import {
	latent,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';
import {formatAddress, joinWords} from './shared/words.ts';

/** A conversation that the kernel keeps: from a port of the client to the Service, and whose answer it expects. */
type Held = {readonly sourcePort: number; readonly port: number; readonly answerer: {readonly ip: string; readonly port: number}};

/** `… src=C dst=VIP sport=5353 dport=53 [UNREPLIED] src=BACKEND dst=C sport=53 dport=5353 …` (nf_conntrack_standalone.c, ct_seq_show). */
const parseEntry = (line: string): readonly Held[] => {
	const groups = / src=\S+ dst=\S+ sport=(?<from>\d+) dport=(?<to>\d+) .*\bsrc=(?<ip>\S+) dst=\S+ sport=(?<port>\d+) dport=\d+/v.exec(line)?.groups;
	return groups ? [{sourcePort: Number(groups.from), port: Number(groups.to), answerer: {ip: groups.ip, port: Number(groups.port)}}] : [];
};

/** What is held to somebody who is no backend: to a pod that was one, or to the ClusterIP itself, by rules that were not there yet. */
const findStale = (lines: readonly string[], {target: {endpoints, port}}: Evidence): readonly Held[] => {
	const backends = new Set(endpoints.map(endpoint => formatAddress(endpoint)));
	return lines.flatMap(line => parseEntry(line)).filter(held => held.port === port.port && !backends.has(formatAddress(held.answerer)));
};

const describeHeld = ({target: {service}}: Evidence, {sourcePort, answerer}: Held): string =>
	`port ${sourcePort} to ${answerer.ip === service.clusterIp ? 'the ClusterIP untranslated' : formatAddress(answerer)}`;

/** Packets of such a conversation that were captured, and stayed without an answer. */
const findLost = (stale: readonly Held[], evidence: Evidence): readonly Flow[] =>
	flowsOf(evidence).filter(({client, ending}) => ending !== 'established' && stale.some(({sourcePort}) => sourcePort === client.port));

const refsOf = (flows: readonly Flow[]): readonly EvidenceRef[] => flows
	.flatMap(({ladder}) => ladder.slice(0, 1).flatMap(({sightings}) => sightings.slice(0, 1)))
	.map(({point, frame, source}) => refToPacket(point, frame, `sent from port ${source.port ?? '?'}, and not answered`));

const judgeStale = (stale: readonly Held[], evidence: Evidence): Verdict => {
	const {capture, target: {client}} = evidence;
	const lost = findLost(stale, evidence);
	const held = `conntrack on ${client.node} holds ${podLabel(client)} from ${joinWords(stale.map(one => describeHeld(evidence, one)))}, where there is no backend`;
	const refs = refsTo(capture?.udpEntries);
	return lost.length > 0
		? {
			status: 'broken', confidence: 'certain', isSeen: true, evidence: [...refs, ...refsOf(lost)], because: `${held}: what it sends from there is lost, and new sockets are served`,
		}
		: latent(`${held}: what it sends from there is lost until it has sent nothing for the time-out of UDP`, refs);
};

const judge = (evidence: Evidence): Verdict => {
	const {target: {port, isFromRules}, capture} = evidence;
	if (port.protocol !== 'UDP') {
		return ok(`no effect here, because the Service's port is ${port.protocol}`);
	}

	if (isFromRules === true) {
		return unknown('without an API server it is not known who is a backend');
	}

	const stale = capture ? mapKnown(capture.udpEntries, lines => findStale(lines, evidence)) : {unknown: 'nothing was captured'};
	if ('unknown' in stale) {
		return unknown(stale.unknown);
	}

	return stale.value.length > 0 ? judgeStale(stale.value, evidence) : ok('conntrack holds no program of the client to somebody who is no backend');
};

const staleOf = (evidence: Evidence): readonly Held[] => findStale(valueOf(evidence.capture?.udpEntries) ?? [], evidence);

export const staleUdpConntrack: Check = {
	id: 'stale-udp-conntrack',
	place: 480,
	title: 'No UDP socket is held to the past',
	explain: 'The kernel translates by its rules only the first UDP packet of a conversation, and keeps to that as long as packets come. A program that sends from the same port again and again (a DNS forwarder, syslog, SIP) stays with a backend that is gone, or with no translation at all, while every new socket is served. kube-proxy deletes such entries; not every version does so in every case.',
	judge,
	explains: () => false,
	repair(evidence) {
		const {target: {client, service}} = evidence;
		return staleOf(evidence).map(({sourcePort, port}) => `ssh ${client.node} conntrack -D -p udp --orig-src ${client.ip} --orig-dst ${service.clusterIp} --orig-port-src ${sourcePort} --orig-port-dst ${port}   # cuts this conversation alone; its next packet is translated anew`);
	},
};
