import {overlayCrossingsOf} from './forward/host-hooks.ts';
import {checkHostHooks} from './shared/host-firewall.ts';

export const overlayUnderlayBlocked = checkHostHooks({
	id: 'overlay-underlay-blocked',
	title: 'Nodes let the overlay through',
	explain: 'Between nodes flannel carries pod packets inside UDP 8472 (VXLAN). A firewall on either node that drops that port cuts every pod off from those of other nodes, while everything on one node works: the mirror image of a missing br_netfilter. Firewalls between the nodes cannot be read from here.',
}, overlayCrossingsOf, 'INPUT and OUTPUT accept UDP 8472, where flannel uses it,');
