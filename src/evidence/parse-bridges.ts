import type {Bridge, Known, Switch} from './evidence.ts';
import {known, originOf, unknown} from './known.ts';
import {linesOf, type Section} from './sections.ts';

const promiscuousFlag = 0x1_00; // IFF_PROMISC in linux/if.h

const toSwitch = (word: string): Switch => {
	if (word === '1') {
		return 1;
	}

	return word === '0' ? 0 : 'absent';
};

const readBridge = (words: readonly string[], rows: ReadonlyArray<readonly string[]>): Bridge => {
	const [, name = '', calls4 = '', calls6 = '', flags = ''] = words;
	const mine = rows.filter(row => row[1] === name);
	return {
		name,
		nfCallIptables: toSwitch(calls4),
		nfCallIp6tables: toSwitch(calls6),
		isPromiscuous: (Number(flags) & promiscuousFlag) !== 0,
		addresses: mine.filter(([kind]) => kind === 'address').map(row => row[3] ?? ''),
		ports: mine.filter(([kind]) => kind === 'port').map(row => ({name: row[2] ?? '', ifindex: Number(row[3]), hairpinMode: row[4] === '1' ? 1 : 0})),
	};
};

/** Bridges with their ports, from `bridge`, `port` and `address` lines. */
export const parseBridges = (point: string, section: Section | undefined): Known<readonly Bridge[]> => {
	if (!section) {
		return unknown('the script did not get as far as the bridges');
	}

	const lines = linesOf(section);
	const rows = lines.map(line => line.split(' '));
	const bridges = rows.filter(([kind]) => kind === 'bridge').map(words => readBridge(words, rows));
	return known(bridges, originOf(point, 'grep -H "" /sys/class/net/*/brif/*/hairpin_mode /sys/class/net/*/bridge/nf_call_iptables', lines.join('\n')));
};
