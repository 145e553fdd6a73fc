import {isEverywhere} from './names.ts';

// What evidence says of itself, and what programs are configured with: a name that is one of these words tells nothing, and replacing it would make the evidence unreadable.
const words = `
absent active address addressed addresses all allow any ansible api app args argument attempt auto
bash block boot boot-modules boot-sysctls boot-time br-netfilter br_netfilter bridge bridge-netfilter bridge-port bridges btime built-in bytes
calico cali canal capture captured cat cbr0 cilium cluster clusterip cni cni0 cni-bridge command comment config config.yaml configmap configz connect connected conntrack containerd control-plane count created curl cut
daemon daemons daemons-done dashed data date dead debug denied deny dev docker docker0 done down drop dropped dst dport
ended endpoint endpoints end error established eth0 eth1 etc eth exec exited external
failed fail false file files filter flannel flannel.1 flags format forward found from fwmark
gateway get global 
hairpin hairpin-node hairpin-pod hairpin_mode host host-local host-network hostname http https
icmp icmp6 id in index inet inet6 input interface interfaces internal ip ip6 ip6tables ipam ipset ipsets iptables iptables-done iptables-missing ipv4 ipv6 ipvs ipvs-source
json
kernel kube kubelet kubeproxy kubernetes kubernetes.io
lc legacy lib link links linux list listen listeners listening lo load local localhost lookup loopback
mac macvlan main mangle manager mark masq masquerade master member metadata metrics missing mode module modules mtu
name nat neighbour net netfilter network networks new nf_tables nft nftables no node node.kubernetes.io nodes none now ns nsenter number
object off ok on opened open or org os output own
packet packets path pid pod pods pod-template-hash policy port portmap portmappings ports proc process programs programs-done proxy proxy-mode
raw read reached recorded refused reject release remote role root route router routes rr rule rules run running
sbin scheduler scope script section sed selector self server service services session set settings sh shell snapshot source sport ssh started state status stderr stdin stdout stopped subnet sudo svc sys sysctl sysctls system systemd
table tables tail target tc tcp tcp6 tcpdump text ticks time timeout tool tools true type
udp udp6 uid unit unknown unreadable up usr
value var version veth vip vxlan
waiting wlc world worker wrr www
yes
arm64 amd64 x86_64 linux beta v1 v1alpha1 v1beta1 TCP UDP SCTP IPv4 IPv6 DROP ACCEPT REJECT RETURN Masq Route Tunnel
dns dns-tcp app
container label labels place user cluster.local
`;

const known: ReadonlySet<string> = new Set(words.split(/\s+/v));

/** Names that stay: those that every cluster has, numbers, and words of the evidence itself. */
export const isOfEvidence = (name: string): boolean => isEverywhere(name) || known.has(name) || known.has(name.toLowerCase()) || /^[\d\-.]*$/v.test(name) || /^system:|\.k8s\.io$/v.test(name);
