import type {Check, Verdict} from '../check.ts';
import type {Evidence, Known, NodeEvidence} from '../evidence/evidence.ts';
import {mapKnown, valueOf} from '../evidence/known.ts';
import {ipVersionOf} from './shared/bridges.ts';
import {type Prediction, explainedCells, isCellExplained} from './shared/explain.ts';
import {podBridgesOfNode, versionsOf} from './shared/node-bridges.ts';
import {nameNodes, readNodes} from './shared/nodes.ts';
import {findUnclearWay, passagesOf} from './shared/passages.ts';
import {tellLoss} from './shared/loss.ts';
import {
	broken,
	latent,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';
import {formatAddress, joinWords} from './shared/words.ts';

const keyOfVersion = (version: 4 | 6): string => (version === 6 ? 'net/ipv6/conf/all/forwarding' : 'net/ipv4/ip_forward');

const keyOf = (evidence: Evidence): string => keyOfVersion(ipVersionOf(evidence));

/** As sysctl(8) writes keys: dots and slashes change places, so that a name with a dot stays one name. */
const dotted = (key: string): string => key.replaceAll(/[.\/]/gv, sign => (sign === '/' ? '.' : '/'));

const isZero = (node: NodeEvidence, key: string): boolean => valueOf(node.sysctls[key])?.trim() === '0';

/** The switches that are 0: that of the whole node, which was written to all of its interfaces, or of IPv4 that of a bridge alone (ip_forward, IN_DEV_FORWARD of inetdevice.h). */
const switchesOff = (node: NodeEvidence, key: string): readonly string[] => {
	const bridges = key.includes('ipv6') ? [] : (valueOf(node.bridges) ?? []).map(({name}) => `net/ipv4/conf/${name}/forwarding`);
	return isZero(node, key) ? [key] : bridges.filter(bridge => isZero(node, bridge));
};

const readOff = (node: NodeEvidence, key: string): Known<boolean> => {
	const reading = node.sysctls[key] ?? {unknown: `${dotted(key)} was not read`};
	return mapKnown(reading, () => switchesOff(node, key).length > 0);
};

/** A packet that a node would have to route is dropped without a word (ip_error in net/ipv4/route.c). */
const predict = (evidence: Evidence): Prediction => route => {
	const isClosed = (passagesOf(route, evidence) ?? []).some(({way, node}) => {
		const reading = evidence.nodes.get(node);
		return way === 'routed' && reading !== undefined && valueOf(readOff(reading, keyOf(evidence))) === true;
	});
	return isClosed ? ['timeout'] : [];
};

const judge = (evidence: Evidence): Verdict => {
	const key = keyOf(evidence);
	const {readings, gaps} = readNodes(evidence, node => readOff(node, key));
	const off = readings.filter(({value}) => value);
	if (off.length === 0) {
		return gaps.length > 0 ? unknown(gaps.join('; ')) : ok(`${dotted(key)} is 1 on ${nameNodes(readings)}`);
	}

	const keys = [...new Set(off.flatMap(({node}) => switchesOff(node, key)))];
	const refs = refsTo(...off.flatMap(({node}) => keys.map(one => node.sysctls[one])));
	const what = `${joinWords(keys.map(one => dotted(one)))} is 0 on ${nameNodes(off)}, which drops every packet that it should route`;
	const cells = explainedCells(evidence, predict(evidence));
	if (cells.length === 0) {
		const unclear = findUnclearWay(evidence);
		return unclear === undefined ? latent(`${what}; no probe that failed went through it`, refs) : unknown(`${what}, but ${unclear}`);
	}

	const {words, refs: packets} = tellLoss(evidence, cells);
	const failing = joinWords(cells.map(({from, toIp, toPort}) => `${from} → ${formatAddress({ip: toIp, port: toPort})}`));
	return broken(`${what}: ${failing} ${cells.length === 1 ? 'times out' : 'time out'}${words}`, [...packets, ...refs], packets.length > 0 ? 'certain' : 'likely');
};

const turnOn = (key: string): readonly string[] => [
	`sysctl -w ${key}=1${key.includes('ipv6') ? '   # first, where the default route comes from router advertisements: sysctl -w net.ipv6.conf.INTERFACE.accept_ra=2, or the node loses it' : ''}`,
	`echo '${key} = 1' > /etc/sysctl.d/99-zz-hairpin-forward.conf`,
	`grep -rs '${key}' /etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d   # whatever wrote 0 must go, or sort before that file`,
];

/** The switches of the IP versions that pods of this node have. */
const keysOfNode = (node: NodeEvidence): readonly string[] => versionsOf(valueOf(podBridgesOfNode(node)) ?? []).values().map(version => keyOfVersion(version)).toArray();

const keysOff = (node: NodeEvidence): readonly string[] => keysOfNode(node).flatMap(key => switchesOff(node, key));

const judgeNode = (node: NodeEvidence): Verdict => {
	const off = keysOff(node);
	if (off.length > 0) {
		return broken(`${joinWords(off.map(key => dotted(key)))} is 0: the node drops every packet that it should route, so that its pods would reach no pod of another node`, refsTo(...off.map(key => node.sysctls[key])), 'likely');
	}

	const gaps = keysOfNode(node).flatMap(key => {
		const reading = readOff(node, key);
		return 'unknown' in reading ? [reading.unknown] : [];
	});
	return gaps.length > 0 ? unknown(gaps.join('; ')) : ok(`${joinWords(keysOfNode(node).map(key => dotted(key)))} is 1`);
};

export const ipForwardOff: Check = {
	id: 'ip-forward-off',
	place: 520,
	title: 'Node forwards packets',
	explain: 'Pods reach other nodes, and in iptables mode every Service, through the node\'s routing. With ip_forward 0 the node drops what is not for itself; only frames between two pods of one bridge, and what IPVS takes in as its own, still pass.',
	judge,
	explains: (cell, evidence) => isCellExplained(cell, evidence, predict(evidence)),
	repair(evidence) {
		const key = keyOf(evidence);
		const off = readNodes(evidence, node => readOff(node, key)).readings.filter(({value}) => value);
		return [
			`# on ${nameNodes(off)}, as root`,
			...[...new Set(off.flatMap(({node}) => switchesOff(node, key)))].flatMap(one => turnOn(dotted(one))),
		];
	},
	// It writes the switch of the whole node, of IPv4.
	fixedBy: evidence => (ipVersionOf(evidence) === 4 && evidence.nodes.values().some(node => isZero(node, keyOf(evidence))) ? ['ip-forward=on'] : []),
	ofNode: {judge: judgeNode, repair: node => keysOff(node).flatMap(key => turnOn(dotted(key)))},
};
