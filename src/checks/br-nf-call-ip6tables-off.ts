import {checkSwitch} from './shared/switched-off.ts';

export const brNfCallIp6tablesOff = checkSwitch(6, {
	id: 'br-nf-call-ip6tables-off',
	place: 240,
	title: 'Bridged IPv6 passes ip6tables',
	explain: 'The IPv6 half of a Service hangs on a switch of its own, net.bridge.bridge-nf-call-ip6tables, which nothing in Kubernetes ever checks.',
});
