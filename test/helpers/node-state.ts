import {onNode} from './real-cluster.ts';

// All that a change can touch: files with owner and mode, settings of the kernel, rules, what daemons run, and what hairpin would have left.
// kube-proxy keeps a real server that is gone with weight 0 until its last connections end.
const tellState = [
	'cd /; find etc/modules-load.d etc/sysctl.d etc/cni/net.d var/lib/kube-proxy var/lib/kubelet/config.yaml -type f -exec stat -c "%n %a %U %G" {} + -exec sha256sum {} + | sort',
	'ls -d /sys/module/br_netfilter /var/lib/hairpin /run/hairpin* 2>/dev/null',
	'grep -sH "" /proc/sys/net/bridge/* /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/all/route_localnet /sys/class/net/*/brport/hairpin_mode',
	String.raw`iptables-save | grep -oE "^(:KUBE-[A-Z0-9-]+|-A (PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) .*)" | sort; ip -o addr show dev kube-ipvs0 | awk "{ print \$4 }" | sort; ipvsadm -Sn | grep -v -- "-w 0\$" | sort`,
	'systemctl is-active kube-proxy kubelet',
].join('; ');

/** The state of a node as text, the same whenever nothing is changed. */
export const stateOf = async (node: number): Promise<string> => onNode(node, `${tellState}; true`);
