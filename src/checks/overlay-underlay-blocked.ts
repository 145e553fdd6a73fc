import {findOtherTunnels, overlayCrossingsOf} from './forward/host-hooks.ts';
import {isStop} from './forward/stops.ts';
import {checkHostHooks} from './shared/host-firewall.ts';

export const overlayUnderlayBlocked = checkHostHooks({
	id: 'overlay-underlay-blocked',
	place: 540,
	title: 'Nodes let the overlay through',
	explain: 'Between nodes flannel and others carry pod packets inside UDP (VXLAN, port 8472 or 4789). A firewall on either node that drops that port cuts every pod off from those of other nodes, while everything on one node works: the mirror image of a missing br_netfilter. Firewalls between the nodes cannot be read from here.',
}, {
	cross: overlayCrossingsOf,
	findUnclear: findOtherTunnels,
	// A refusal goes to the node that wrapped the packet, never to the pod. Where neighbours are asked for in the tunnel, too, they are not found: unreachable.
	predictStop: crossings => (crossings.some(crossing => isStop(crossing)) ? ['timeout', 'unreachable'] : []),
	healthy: 'INPUT and OUTPUT accept the packets of tunnels between nodes, where there are any,',
});
