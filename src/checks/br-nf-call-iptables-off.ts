import {checkSwitch} from './shared/switched-off.ts';

export const brNfCallIptablesOff = checkSwitch(4, {
	id: 'br-nf-call-iptables-off',
	place: 230,
	title: 'Bridged IPv4 passes iptables',
	explain: 'With net.bridge.bridge-nf-call-iptables 0 (and the bridge\'s own nf_call_iptables 0) br_netfilter is there but looks away: a reply between two pods of one bridge never meets NAT, and the client gets it from an address that it never dialled.',
});
