import {hostCrossingsOf} from './forward/host-hooks.ts';
import {predictStop} from './forward/stops.ts';
import {checkHostHooks} from './shared/host-firewall.ts';

export const firewallFlushOrBlock = checkHostHooks({
	id: 'firewall-flush-or-block',
	place: 530,
	title: 'INPUT and OUTPUT let it through',
	explain: 'What is for the node itself passes the INPUT chain of its firewall, and what it sends passes OUTPUT. In ipvs mode that is every request of a pod to a Service, still under the ClusterIP\'s address; in every mode it is what reaches a host-network backend, and the answers to the node\'s own connections.',
}, {cross: hostCrossingsOf, predictStop, healthy: 'INPUT and OUTPUT accept what was probed'});
