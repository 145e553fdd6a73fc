# Removes what a proxy mode that does not act any more left in the kernel; kube-proxy itself does not, between ipvs and iptables (cmd/kube-proxy/app/server_linux.go, platformCleanup).
# Prints "@@left WHAT" for what is still there. args: MODE
# shellcheck shell=sh
mode=$1

# One iptables-restore per table: it is atomic, and kube-proxy may write at the same time.
# shellcheck disable=SC2016
compose_removal='
	function is_stale(chain) { return mode == "ipvs" ? chain ~ of_ipvs : (chain ~ of_iptables || (table == "filter" && chain == "KUBE-SERVICES")) }
	function target_of(line) { return match(line, / -[jg] [^ ]+/) ? substr(line, RSTART + 4, RLENGTH - 4) : "" }
	# Both modes have this chain and jump to it in their own way.
	function is_old_jump(line) { return target_of(line) == "KUBE-PROXY-FIREWALL" && (mode == "ipvs" ? line ~ /"kube-proxy firewall rules"/ : line ~ /"kubernetes load balancer firewall"/) }
	BEGIN {
		of_ipvs = "^KUBE-(IPVS-FILTER|IPVS-OUT-FILTER|NODE-PORT|LOAD-BALANCER|SOURCE-RANGES-FIREWALL)$"
		of_iptables = "^KUBE-((SVC|SEP|EXT|FW|SVL|XLB)-.*|NODEPORTS|EXTERNAL-SERVICES|PROXY-CANARY)$"
	}
	/^\*/ { table = substr($0, 2) }
	/^:/ { chain = substr($1, 2); if (is_stale(chain)) { stale[chain]; flush = flush ":" chain " - [0:0]\n"; drop = drop "-X " chain "\n" } }
	/^-A/ { if (!($2 in stale) && ((target_of($0) in stale) || is_old_jump($0))) rules = rules "-D" substr($0, 3) "\n" }
	END { if (flush rules != "") printf "*%s\n%s%s%sCOMMIT\n", table, flush, rules, drop }'

# What kube-proxy writes between the reading and the removal makes the kernel refuse all of the removal.
remove_from() { # PROGRAM TABLE: whether nothing is left
	for pause in 1 1 2 4 0; do
		text=$("$1-save" -t "$2" | awk -v mode="$mode" "$compose_removal")
		if [ -z "$text" ] || printf '%s\n' "$text" | "$1-restore" -w 10 --noflush; then return 0; fi
		sleep "$pause"
	done
	return 1
}

remove_chains() { # PROGRAM
	command -v "$1-save" >/dev/null && command -v "$1-restore" >/dev/null || return 0
	for table in filter nat mangle; do
		# What is not loaded has no rules, and asking would load it.
		case $1 in *legacy | iptables | ip6tables) grep -qx "$table" /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null || case $("$1" -V) in *nf_tables*) ;; *) continue ;; esac ;; esac
		remove_from "$1" "$table" || echo "@@left chains of $1 $table"
	done
}

is_ours() { # ADDRESS PORT: on kube-ipvs0, or a NodePort of this node
	case "$vips" in *" $1 "*) return 0 ;; esac
	[ "$2" -ge 30000 ] 2>/dev/null && [ "$2" -le 32767 ]
}

remove_servers() {
	if ! [ -e /proc/net/ip_vs ]; then return; fi
	vips=" $(ip -o addr show dev kube-ipvs0 2>/dev/null | awk '{ sub(/\/.*/, "", $4); printf "%s ", $4 }')"
	if ! command -v ipvsadm >/dev/null; then
		if grep -q '^TCP\|^UDP' /proc/net/ip_vs; then echo '@@left virtual servers, since there is no ipvsadm here'; fi
	else
		ipvsadm -Sn | awk '$1 == "-A" && $2 != "-f" { print $2, $3 }' | while read -r protocol server; do
			address=${server%:*}
			address=${address#\[}
			if is_ours "${address%\]}" "${server##*:}"; then ipvsadm -D "$protocol" "$server" || echo "@@left virtual server $server"; fi
		done
	fi
	if [ -e /sys/class/net/kube-ipvs0 ]; then ip link del kube-ipvs0 || echo '@@left kube-ipvs0'; fi
}

remove_sets() {
	command -v ipset >/dev/null && [ -d /sys/module/ip_set ] || return 0
	ipset list -n | grep '^KUBE-' | while read -r set; do ipset destroy "$set" || echo "@@left ipset $set"; done
}

case $mode in
ipvs | iptables)
	for program in iptables-legacy ip6tables-legacy iptables-nft ip6tables-nft; do remove_chains "$program"; done
	command -v iptables-legacy >/dev/null || for program in iptables ip6tables; do remove_chains "$program"; done
	if [ "$mode" = ipvs ]; then remove_servers && remove_sets; fi
	;;
nftables)
	command -v nft >/dev/null && [ -d /sys/module/nf_tables ] && for family in ip ip6; do nft delete table "$family" kube-proxy 2>/dev/null; done
	;;
esac
echo @@end
