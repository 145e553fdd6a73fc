import {isIP} from 'node:net';
import type {Known, Resolver} from './evidence.ts';
import {known, originOf, unknown} from './known.ts';
import {linesOf, type Section, valuesOf} from './sections.ts';

// Later ones are never asked (MAXNS in resolv.h).
const maxServers = 3;

/** What kubelet wrote into a pod's resolv.conf: name servers, and of the domains to try those of Services, `svc.cluster.local`. */
export const parseResolver = (point: string, section: Section | undefined): Known<Resolver> => {
	const lines = linesOf(section);
	if (!section || lines.includes('unreadable')) {
		return unknown(`/etc/resolv.conf of ${point} was not read`);
	}

	const domain = valuesOf(section, 'search').find(word => /^svc\.[\-.0-9a-z]+$/v.test(word));
	return known({
		servers: valuesOf(section, 'nameserver').filter(address => isIP(address) > 0).slice(0, maxServers),
		clusterDomain: domain?.slice('svc.'.length),
	}, originOf(point, 'cat /etc/resolv.conf', lines.join('\n')));
};
