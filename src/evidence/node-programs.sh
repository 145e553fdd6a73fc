# What only programs can tell: kube-proxy itself, iptables, ipset, nft.
# shellcheck shell=sh disable=SC2034,SC2154 # its variables are shared with node.sh

# What only programs can tell, all within one time limit. Each part begins with the mark, which nobody can foresee.
# args: MARK ADDRESS LEGACY_SAVE NFT_SAVE SET… (empty: not to be asked)
# shellcheck disable=SC2016
ask_programs='
	mark=$1 address=$2 legacy=$3 nft=$4 list=$5
	shift 5
	part() { printf "\n%s %s\n" "$mark" "$*"; }
	have() { command -v "$1" >/dev/null 2>&1; }
	if [ -n "$address" ]; then
		part "proxy-mode $address"
		if have curl; then
			curl -s -m 3 "http://$address/proxyMode" -w "\n$mark configz\n" --next -s -m 3 "http://$address/configz"
		elif have wget; then
			wget -q -T 3 -O - "http://$address/proxyMode"
			part configz
			wget -q -T 3 -O - "http://$address/configz"
		elif have bash; then
			ask="exec 3<>/dev/tcp/\${1%:*}/\${1##*:} && printf \"GET /%s HTTP/1.0\\r\\n\\r\\n\" \"\$2\" >&3 && sed \"1,/^\\r*\$/d\" <&3"
			bash -c "$ask" ask "$address" proxyMode
			part configz
			bash -c "$ask" ask "$address" configz
		fi
	fi
	if [ -n "$legacy" ]; then part iptables legacy; "$legacy" -c || echo failed; fi
	if [ -n "$nft" ]; then part iptables nf_tables; "$nft" -c || echo failed; fi
	part iptables-done
	for set in "$@"; do part ipset "$set"; ipset list "$set" || echo failed; done
	if [ -n "$list" ]; then part nft; "$list" list tables || echo failed; fi
	part programs-done'

# Keeps the policies, the whole filter table and, of nat, what concerns this Service; members of ipsets that name the target.
# shellcheck disable=SC2016
keep_answers='
	function has_endpoint(text, i) {
		for (i = 1; i <= n; i++) if (ip[i] != "" && (index(text, ip[i] "/") || index(text, ip[i] ":") || index(text, "[" ip[i] "]"))) return 1
		return 0
	}
	function concerns_target() {
		if (match($0, /-A KUBE-SVC-[^ ]+ /) && (substr($0, RSTART + 3, RLENGTH - 4) in chains)) return 1
		return index($0, vip "/") > 0 || has_endpoint($0)
	}
	function is_kept() {
		if (table == "filter") return !/ -A (KUBE-SERVICES|KUBE-NODEPORTS|KUBE-EXTERNAL-SERVICES) /
		if (table != "nat") return 0
		return / -A (KUBE-POSTROUTING|KUBE-MARK-MASQ|POSTROUTING|PREROUTING|OUTPUT) / || /KUBE-(6-)?(CLUSTER-IP|LOOP-BACK)/ || concerns_target()
	}
	function keep_rule() {
		if (/KUBE-/) kube++
		if (/^failed$/) print "cut failed"
		else if (/^\*/) { table = substr($0, 2); print }
		else if (/^:(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) / || (/^:KUBE-SEP-/ && !separate++)) print
		else if (/^\[/ && is_kept()) {
			if (++lines[table] > 2000) { is_cut[table] = 1; return }
			if (match($0, / -j KUBE-SVC-[^ ]+$/)) chains[substr($0, RSTART + 4)] = 1
			print
		}
	}
	function end_part(t) {
		if (name == "iptables") { print "kube " kube + 0; for (t in is_cut) print "cut " t }
		kube = separate = size = 0; table = ""; split("", lines); split("", is_cut)
	}
	BEGIN { n = split(vip "," ips, ip, ",") }
	index($0, mark " ") == 1 { end_part(); name = $2; if (name == "ipset" && !sets++) print "@@ipsets"; print name == "ipset" ? "set " $3 : "@@" substr($0, length(mark) + 2); next }
	name == "iptables" { keep_rule(); next }
	name == "ipset" { if (/^failed$/) print; else for (i = 1; i <= n; i++) if (ip[i] != "" && index($1, ip[i] ",") == 1 && ++members < 100) { print "member " $1; next } }
	name == "nft" { if ((/^table / && ++tables <= 200) || /^failed$/) print }
	name == "proxy-mode" || name == "configz" { size += length($0) + 1; if (size <= 65536) print "|" $0 }
	END { if (name != "programs-done") { print "failed"; print "cut failed" } else end_part() }'

# Sets legacy and nft to the programs that print the rules of each backend, where that backend has any.
find_savers() {
	legacy='' nft=''
	if read -r first 2>/dev/null <"/proc/net/ip${family}_tables_names" && [ -n "$first" ]; then legacy=ip${family}tables-legacy-save; fi
	if [ "$has_nft" = yes ]; then nft=ip${family}tables-nft-save; fi
	if { [ -n "$legacy" ] && ! have "$legacy"; } || { [ -n "$nft" ] && ! have "$nft"; }; then
		# Only one iptables is installed, which says whose rules it prints.
		case $("ip${family}tables-save" -V 2>/dev/null) in
		'') ;;
		*nf_tables*) if [ -n "$nft" ] && ! have "$nft"; then nft=ip${family}tables-save; fi ;;
		*) if [ -n "$legacy" ] && ! have "$legacy"; then legacy=ip${family}tables-save; fi ;;
		esac
	fi
	is_missing=no
	if [ -n "$legacy" ] && ! have "$legacy"; then legacy='' is_missing=yes; fi
	if [ -n "$nft" ] && ! have "$nft"; then
		# Somebody put rules there with an iptables for nf_tables, which would be here; unless there is none at all.
		nft=''
		if [ -z "$legacy" ]; then is_missing=yes; fi
	fi
}

print_programs() {
	has_nft=no has_sets=no
	if is_there nf_tables; then has_nft=yes; fi
	if is_there ip_set; then has_sets=yes; fi
	find_metrics_address
	if [ -z "$proxy$both" ]; then address=''; fi
	find_savers
	list=''
	if [ "$has_nft" = yes ] && have nft; then list=nft; fi
	set --
	if [ "$has_sets" = yes ] && have ipset; then set -- "${set_prefix}LOOP-BACK" "${set_prefix}CLUSTER-IP"; fi
	read -r mark </proc/sys/kernel/random/uuid
	run_bounded sh -c "$ask_programs" ask "$mark" "$address" "$legacy" "$nft" "$list" "$@" 2>/dev/null |
		awk -v mark="$mark" -v vip="$vip" -v ips="$endpoint_ips" "$keep_answers"
	if [ "$is_missing" = yes ]; then section iptables-missing; fi
	if [ "$#" -eq 0 ]; then section ipsets; if [ "$has_sets" = yes ]; then echo missing; else echo absent; fi; fi
	if [ -z "$list" ]; then section nft; if [ "$has_nft" = yes ]; then echo missing; else echo absent; fi; fi
}
