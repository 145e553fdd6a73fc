# Reads a node's network settings and prints them as "@@section" blocks; text of files stands behind "|".
# Read-only: only tables and modules that are loaded already are asked, since ipvsadm, ipset, nft and iptables would load them.
# args: VIP VIP_HEX ENDPOINT_IPS (separated by commas)
vip=$1 vip_hex=$2 endpoint_ips=$3

section() { echo "@@$*"; }
have() { command -v "$1" >/dev/null 2>&1; }
bounded() { if have timeout; then timeout 20 "$@"; else "$@"; fi; }
quote() { awk '{ size += length($0) + 1; if (size > 65536) exit; print "|" $0 }'; }

is_loaded() { # MODULE: loaded, or part of the kernel
	if [ -d "/sys/module/$1" ]; then return 0; fi
	case " $built_in " in *"/$1.ko"*) return 0 ;; *) return 1 ;; esac
}

print_file() { # NAME PATH PREFIX: a file as the process with that root sees it
	if [ -r "$3$2" ]; then
		section "file $1 $(stat -L -c %Y "$3$2" 2>/dev/null) $2"
		quote <"$3$2"
	else
		section "file-unreadable $1 $2"
	fi
}

print_sysctls() {
	section sysctls
	# A file of /proc/sys gives its value to one read(2) only, and shells read byte by byte: grep reads it whole.
	for key in net/bridge/bridge-nf-call-iptables net/bridge/bridge-nf-call-ip6tables net/ipv4/ip_forward net/ipv6/conf/all/forwarding \
		net/ipv4/conf/all/rp_filter net/ipv4/vs/conntrack net/netfilter/nf_conntrack_count net/netfilter/nf_conntrack_max; do
		if [ -e "/proc/sys/$key" ]; then set -- "$@" "$key"; else echo "$key:absent"; fi
	done
	(cd /proc/sys && grep -Hs '' "$@")
}

print_bridge_netfilter() {
	section bridge-netfilter
	if [ -d /sys/module/br_netfilter ]; then echo loaded; fi
	# A built-in br_netfilter has no directory under /sys/module, but its sysctls are there.
	if [ ! -d /sys/module/br_netfilter ] && { is_loaded br_netfilter || [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; }; then echo built-in; fi
	if [ -r "/lib/modules/$release/modules.dep" ]; then
		echo "file $(grep -m 1 -o '^[^:]*/br_netfilter\.ko[^:]*' "/lib/modules/$release/modules.dep")"
	fi
}

print_bridges() {
	section bridges
	for directory in /sys/class/net/*/bridge; do
		[ -d "$directory" ] || continue
		device=${directory%/bridge} name=${device##*/}
		calls4=absent calls6=absent flags=0x0
		read -r calls4 2>/dev/null <"$directory/nf_call_iptables"
		read -r calls6 2>/dev/null <"$directory/nf_call_ip6tables"
		read -r flags <"$device/flags"
		echo "bridge $name $calls4 $calls6 $flags"
		for port in "$device"/brif/*; do
			[ -d "$port" ] || continue
			read -r index <"/sys/class/net/${port##*/}/ifindex"
			read -r hairpin <"$port/hairpin_mode"
			echo "port $name ${port##*/} $index $hairpin"
		done
		if have ip; then ip -o addr show dev "$name" | while read -r _ _ family address _; do echo "address $name $family $address"; done; fi
	done
}

print_boot_files() {
	section boot-modules
	for file in /etc/modules-load.d/*.conf /run/modules-load.d/*.conf /usr/local/lib/modules-load.d/*.conf /usr/lib/modules-load.d/*.conf /etc/modules; do
		if [ -e "$file" ]; then echo "file $file"; fi
	done
	grep -Hs 'br_netfilter' /etc/modules-load.d/*.conf /run/modules-load.d/*.conf /usr/local/lib/modules-load.d/*.conf /usr/lib/modules-load.d/*.conf /etc/modules | head -n 50
	section boot-sysctls
	for file in /etc/sysctl.d/*.conf /run/sysctl.d/*.conf /usr/local/lib/sysctl.d/*.conf /usr/lib/sysctl.d/*.conf /etc/sysctl.conf; do
		if [ -e "$file" ]; then echo "file $file"; fi
	done
	grep -HsE '^[^#;]*(bridge-nf-call|ip_forward|conf[./]all[./]forwarding)' /etc/sysctl.d/*.conf /run/sysctl.d/*.conf /usr/local/lib/sysctl.d/*.conf /usr/lib/sysctl.d/*.conf /etc/sysctl.conf | head -n 100
}

start_of() { # PID: field 22 of proc_pid_stat(5), in clock ticks since boot; the name in field 2 may hold spaces
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	start=${20}
}

find_daemon() { # NAME: sets pid to the oldest process that is called so, since its children are too until they exec
	pid='' oldest=''
	for directory in /proc/[0-9]*; do
		if read -r comm 2>/dev/null <"$directory/comm" && [ "$comm" = "$1" ] && start_of "${directory#/proc/}"; then
			if [ -z "$oldest" ] || [ "$start" -lt "$oldest" ]; then oldest=$start pid=${directory#/proc/}; fi
		fi
	done
	[ -n "$pid" ]
}

print_daemon() { # NAME: of the process in pid, with the file that its --config names; sets config
	section "daemon $1 $pid"
	echo "ticks $oldest"
	config='' previous=''
	words=$(tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline")
	set -f
	IFS='
'
	for word in $words; do
		echo "|$word"
		case $word in --config=*) config=${word#--config=} ;; esac
		if [ "$previous" = --config ]; then config=$word; fi
		previous=$word
	done
	unset IFS
	set +f
	if [ -n "$config" ]; then print_file "$1" "$config" "/proc/$pid/root"; fi
}

fetch() { # ADDRESS: what kube-proxy says of its mode and configuration
	if have curl; then
		curl -s -m 3 "http://$1/proxyMode" -w '\n@@configz\n' --next -s -m 3 "http://$1/configz"
	elif have wget; then
		bounded wget -q -T 3 -O - "http://$1/proxyMode"
		printf '\n@@configz\n'
		bounded wget -q -T 3 -O - "http://$1/configz"
	elif have bash; then
		for path in proxyMode configz; do
			# shellcheck disable=SC2016
			bounded bash -c 'exec 3<>"/dev/tcp/${1%:*}/${1##*:}" && printf "GET /%s HTTP/1.0\r\n\r\n" "$2" >&3 && sed "1,/^\r*$/d" <&3' fetch "$1" "$path"
			if [ "$path" = proxyMode ]; then printf '\n@@configz\n'; fi
		done
	fi 2>/dev/null | awk '$0 == "@@configz" { print; next } { size += length($0); if (size < 65536) print "|" $0 }'
}

# metricsBindAddress, as somebody on the node reaches it.
metrics_address() {
	address=$(sed -n 's/^metricsBindAddress:[[:space:]"]*\([0-9.:]*\).*/\1/p' "/proc/$pid/root$config" 2>/dev/null)
	case $address in
	'') address=127.0.0.1:10249 ;;
	0.0.0.0:*) address=127.0.0.1:${address##*:} ;;
	*:*) ;;
	*) address=$address:10249 ;;
	esac
}

print_kube_proxy() {
	find_daemon kube-proxy || return
	print_daemon kube-proxy
	metrics_address
	section proxy-mode
	fetch "$address"
}

print_kubelet() {
	for name in kubelet k3s-server k3s-agent kubelite rke2; do
		if find_daemon "$name"; then print_daemon kubelet; return; fi
	done
}

print_cni() {
	section cni
	count=0
	for file in /etc/cni/net.d/*.conflist /etc/cni/net.d/*.conf /etc/cni/net.d/*.json /var/lib/rancher/k3s/agent/etc/cni/net.d/*.conflist; do
		if [ -f "$file" ] && [ "$count" -lt 8 ]; then print_file cni "$file" ''; count=$((count + 1)); fi
	done
}

# Keeps the policies, the whole filter table and, of nat, what concerns this Service.
filter_rules() {
	awk -v vip="$vip" -v ips="$endpoint_ips" '
		BEGIN { n = split(ips, ip, ",") }
		/KUBE-/ { kube++ }
		/^failed$/ { print "cut failed"; next }
		/^\*/ { table = substr($0, 2); print; next }
		/^:(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) / { print; next }
		/^:KUBE-SEP-/ && !separate++ { print; next }
		/^:/ || /^#/ || /^COMMIT/ { next }
		{
			keep = table == "filter" && !/-A (KUBE-SERVICES|KUBE-NODEPORTS|KUBE-EXTERNAL-SERVICES) /
			if (table == "nat") {
				keep = /-A (KUBE-POSTROUTING|KUBE-MARK-MASQ|POSTROUTING|PREROUTING|OUTPUT) / || /KUBE-CLUSTER-IP|KUBE-LOOP-BACK/ || index($0, vip "/32") > 0
				for (i = 1; i <= n; i++) if (ip[i] != "" && (index($0, ip[i] "/32") || index($0, ip[i] ":"))) keep = 1
			}
			if (!keep) next
			if (++lines[table] > 500) { cut[table] = 1; next }
			print
		}
		END { print "kube " kube + 0; for (t in cut) print "cut " t }'
}

print_iptables() {
	family=
	case $vip in *:*) family=6 ;; esac
	if read -r first 2>/dev/null <"/proc/net/ip${family}_tables_names" && [ -n "$first" ]; then
		section iptables legacy
		if have "ip${family}tables-legacy-save"; then save=ip${family}tables-legacy-save; else save=ip${family}tables-save; fi
		{ bounded "$save" -c 2>/dev/null || echo failed; } | filter_rules
	fi
	if is_loaded nf_tables && have "ip${family}tables-nft-save"; then
		section iptables nf_tables
		{ bounded "ip${family}tables-nft-save" -c 2>/dev/null || echo failed; } | filter_rules
	fi
	section iptables-done
	if ! have "ip${family}tables-save" && ! have "ip${family}tables-legacy-save"; then echo missing; fi
	if [ -r "/proc/net/ip${family}_tables_names" ]; then echo legacy-table-list; fi
}

print_ipvs() {
	section ipvs
	if [ ! -r /proc/net/ip_vs ]; then echo absent; return; fi
	awk -v vip="$vip_hex" '
		/^(TCP|UDP|SCTP|FWM) / { count++; address = $2; gsub(/[\[\]:]/, "", address); mine = index(address, vip) == 1 }
		/^ +-> [0-9A-F\[]/ || /^(TCP|UDP|SCTP|FWM) / { if (mine) print }
		END { print "count " count + 0 }' /proc/net/ip_vs
}

print_ipsets() {
	section ipsets
	if ! is_loaded ip_set; then echo "absent"; return; fi
	if ! have ipset; then echo "missing"; return; fi
	for set in KUBE-LOOP-BACK KUBE-CLUSTER-IP; do
		echo "set $set"
		{ bounded ipset list "$set" 2>/dev/null || echo "failed"; } | awk -v wanted="$vip,$endpoint_ips" '
			BEGIN { n = split(wanted, ip, ",") }
			/^failed$/
			{ for (i = 1; i <= n; i++) if (ip[i] != "" && index($1, ip[i] ",") == 1 && ++members < 50) { print "member " $1; next } }'
	done
}

print_nft_tables() {
	section nft
	if ! is_loaded nf_tables; then echo absent; return; fi
	if ! have nft; then echo missing; return; fi
	bounded nft list tables 2>/dev/null
}

release=$(uname -r)
built_in=$(grep -sE '/(br_netfilter|nf_tables|ip_set)\.ko' "/lib/modules/$release/modules.builtin")
section hairpin-node 1
section host
echo "kernel $release"
echo "now $(date +%s)"
grep -s '^btime ' /proc/stat
for tool in ip iptables-save ipset curl tcpdump nsenter; do if ! have "$tool"; then echo "missing $tool"; fi; done
print_sysctls
print_bridge_netfilter
print_bridges
print_boot_files
print_kubelet
print_kube_proxy
print_cni
print_iptables
print_ipvs
print_ipsets
print_nft_tables
section end
