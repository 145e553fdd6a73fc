# Reads a node's network settings and prints them as "@@section" blocks; text of files stands behind "|".
# Read-only: only tables and modules that are loaded already are asked, since ipvsadm, ipset, nft and iptables would load them.
# Starting a process can cost tens of milliseconds, so files are read by one awk and by builtins of the shell.
# Stands behind rule-programs.sh, which sets root, release, family and what find_savers finds.
# shellcheck shell=sh disable=SC2154
# args: VIP VIP_HEX ENDPOINT_IPS (separated by commas)
vip=$1 vip_hex=$2 endpoint_ips=$3
set_prefix=KUBE-
case $vip in *:*) family=6 set_prefix=KUBE-6- ;; esac
# A proxy of the environment must not be asked for what listens on this node.
unset http_proxy all_proxy HTTP_PROXY ALL_PROXY
newline='
' tab='	'

print_host() {
	section hairpin-node 1
	section host
	printf 'kernel %s\n' "$release"
	printf 'now %s\n' "$(date +%s)"
	for tool in ip iptables-save ipset curl tcpdump nsenter; do if ! have "$tool"; then printf 'missing %s\n' "$tool"; fi; done
}

starts_before() { # PID TICKS: whether a process of the node's own network namespace started earlier; sets start
	# shellcheck disable=SC3013 # -ef is in POSIX.1-2024
	if [ -e /proc/1/ns/net ] && ! [ "/proc/$1/ns/net" -ef /proc/self/ns/net ]; then return 1; fi
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
	# Field 22 of proc_pid_stat(5), in clock ticks since boot; the name in field 2 may hold spaces.
	# shellcheck disable=SC2086
	set -- "$2" ${stat##*) }
	start=${21}
	[ -z "$1" ] || [ "$start" -lt "$1" ]
}

# Of processes with one name the oldest is the daemon: its children are called so, too, until they exec.
find_daemons() {
	kubelet='' kubelet_ticks='' proxy='' proxy_ticks='' both='' both_ticks=''
	for directory in /proc/[0-9]*; do
		read -r comm 2>/dev/null <"$directory/comm" || continue
		pid=${directory#/proc/}
		case $comm in
		kubelet) if starts_before "$pid" "$kubelet_ticks"; then kubelet=$pid kubelet_ticks=$start; fi ;;
		kube-proxy) if starts_before "$pid" "$proxy_ticks"; then proxy=$pid proxy_ticks=$start; fi ;;
		# One process is kubelet and kube-proxy: k3s, microk8s.
		k3s | k3s-server | k3s-agent | kubelite) if starts_before "$pid" "$both_ticks"; then both=$pid both_ticks=$start; fi ;;
		esac
	done
}

print_daemon() { # NAME PID TICKS: with its words; sets config to what --config names
	section "daemon $1 $2"
	printf 'ticks %s\n' "$3"
	config='' previous='' count=0
	words=$(tr '\0' '\n' 2>/dev/null <"/proc/$2/cmdline")
	set -f
	IFS=$newline
	for word in $words; do
		if [ "$count" -ge 200 ]; then break; fi
		count=$((count + 1))
		printf '|%s\n' "$word"
		case $word in --config=*) config=${word#--config=} ;; esac
		if [ "$previous" = --config ]; then config=$word; fi
		previous=$word
	done
	unset IFS
	set +f
}

find_config() { # NAME PID TICKS: prints the daemon; sets config to its file and file to where that is read, which may be in a container
	config='' file=''
	if [ -n "$2" ]; then
		print_daemon "$1" "$2" "$3"
		case $config in '') ;; /*) file=/proc/$2/root$config ;; *) file=/proc/$2/cwd/$config ;; esac
	elif [ -n "$both" ]; then
		print_daemon "$1" "$both" "$both_ticks"
		config='' # what its --config names is of another kind
	else # what the unit names, where no such process runs
		config=$(grep -hos -e '--config[= ][^ "]*' "$root/etc/systemd/system/$1.service" "$root/etc/systemd/system/$1.service.d/"*.conf "$root/usr/lib/systemd/system/$1.service" "$root/lib/systemd/system/$1.service")
		config=${config%%"$newline"*}
		config=${config#--config?}
		case $config in /*) file=$root$config ;; *) config='' ;; esac
	fi
}

# Sets kubelet_config and proxy_config to the paths that the daemons name, and kubelet_file and proxy_file to where they are read.
print_daemons() {
	find_daemons
	find_config kubelet "$kubelet" "$kubelet_ticks"
	kubelet_config=$config kubelet_file=$file
	find_config kube-proxy "$proxy" "$proxy_ticks"
	proxy_config=$config proxy_file=$file
	section daemons-done
}

# Sets address to metricsBindAddress of kube-proxy's file, as somebody on the node reaches it.
find_metrics_address() {
	address='' count=0
	while [ -n "$proxy_file" ] && [ "$count" -lt 500 ] && read -r line; do
		count=$((count + 1))
		case $line in metricsBindAddress:*) address=${line#*:} ;; esac
	done 2>/dev/null <"${proxy_file:-/dev/null}"
	set -f
	IFS=" $tab\"'"
	# shellcheck disable=SC2086
	set -- ${address%%#*}
	unset IFS
	set +f
	address=${1:-${2-}} port=10249 # a quotation mark has an empty word before it
	case $address in *[!]0-9A-Fa-f.:[]*) address='' ;; *:[0-9]*) port=${address##*:} address=${address%:*} ;; esac
	case $address in '' | 0.0.0.0 | '[::]') address=127.0.0.1 ;; esac
	address=$address:$port
}

# shellcheck disable=SC2016
read_files='
	# The first line of a file, or absent. A file of /proc/sys gives its value to one read(2) only, which the builtin of a shell is not.
	function first(path, line) {
		if ((getline line < path) <= 0) line = "absent"
		close(path)
		return line
	}
	function print_sysctl(key) { print key ":" first("/proc/sys/" key) }
	function print_boot_file(file, pattern, path, line, more, count) {
		path = substr(file, length(root) + 1)
		more = (getline line < file)
		if (more < 0) return
		print "file " path
		for (; more > 0 && count < 5000; count++) {
			if (line ~ pattern && ++shown <= 200) print path ":" line
			more = (getline line < file)
		}
		close(file)
	}
	function print_file(name, path, file, line, more, size) {
		more = (getline line < file)
		if (more < 0) { print "@@file-unreadable " name " " path; return }
		print "@@file " name " " changed[file] " " path
		for (; more > 0; more = (getline line < file)) {
			size += length(line) + 1
			if (size > 65536) { print "cut"; break }
			print "|" line
		}
		close(file)
	}
	function print_bridge(directory, device, name) {
		device = substr(directory, 1, length(directory) - 7)
		name = device; sub(/.*\//, "", name)
		print "bridge " name " " first(directory "/nf_call_iptables") " " first(directory "/nf_call_ip6tables") " " first(device "/flags")
		is_bridge[name] = 1
	}
	function print_port(path, part) {
		split(path, part, "/")
		print "port " part[5] " " part[7] " " first("/sys/class/net/" part[7] "/ifindex") " " first(path)
	}
	function print_module(dependencies, line, found, more) {
		if (first("/sys/module/br_netfilter/refcnt") != "absent") print "loaded"
		# Where it is part of the kernel it has no such directory, but its sysctls are there.
		else if (first("/proc/sys/net/bridge/bridge-nf-call-iptables") != "absent") print "built-in"
		dependencies = root "/lib/modules/" release "/modules.dep"
		for (more = (getline line < dependencies); more > 0 && found == ""; more = (getline line < dependencies))
			if (match(line, /^[^:]*\/br_netfilter\.ko[^:]*/)) found = substr(line, 1, RLENGTH)
		if (more >= 0) print "file " found
	}
	function print_ipvs(line, more, word, mine, count, address) {
		print "@@ipvs"
		more = (getline line < "/proc/net/ip_vs")
		if (more < 0) { print "absent"; return }
		for (; more > 0; more = (getline line < "/proc/net/ip_vs")) {
			if (line ~ /^(TCP|UDP|SCTP|FWM) /) {
				split(line, word, " ")
				address = toupper(word[2]); gsub(/[\[\]:]/, "", address)
				mine = address != "" && substr(address, 1, length(address) - 4) == vip
				count++
				if (mine) print line
				if (mine && line ~ / persistent /) is_persistent = 1
			} else if (mine && line ~ /^ +-> /) print line
		}
		print "count " count + 0
		if (is_persistent) print_pinned()
	}
	# Clients that session affinity holds to a backend: entries without a port of the client (net/netfilter/ipvs/ip_vs_conn.c).
	function print_pinned(line, more, word, count, shown) {
		more = (getline line < "/proc/net/ip_vs_conn")
		for (; more > 0 && count < 200000; count++) {
			if (split(line, word, " ") > 6 && word[3] == "0000") {
				gsub(/[\[\]:]/, "", word[4])
				if (toupper(word[4]) == vip && ++shown <= 100) print "pinned " word[2] " " word[5] " " word[6] " " word[7]
			}
			more = (getline line < "/proc/net/ip_vs_conn")
		}
		close("/proc/net/ip_vs_conn")
	}
	function print_routes(line, word, count) {
		getline line < "/proc/net/route"
		while ((getline line < "/proc/net/route") > 0) {
			if (++count > 1000) { print "cut routes"; break }
			split(line, word, "\t")
			print "route " word[1] " " word[2] " " word[3] " " word[4] " " word[7] " " word[8]
		}
		close("/proc/net/route")
	}
	function print_neighbours(line, word, i, wanted) {
		for (i = split(ips, word, ","); i > 0; i--) wanted[word[i]] = 1
		while ((getline line < "/proc/net/arp") > 0)
			if (split(line, word, " ") > 5 && (word[1] in wanted)) print "neighbour " word[1] " " word[3] " " word[4] " " word[6]
		close("/proc/net/arp")
	}
	# A line of names stands before each line of numbers.
	function print_dropped(line, names, name, value, i) {
		while ((getline line < "/proc/net/netstat") > 0) {
			if (line ~ /^TcpExt: [A-Za-z]/) { names = line; continue }
			if (line !~ /^TcpExt: [0-9]/) continue
			split(names, name, " ")
			for (i = split(line, value, " "); i > 1; i--) if (name[i] == "IPReversePathFilter") print "dropped rp_filter " value[i]
		}
		close("/proc/net/netstat")
	}
	function print_interface(path, part, name, kind, line) {
		split(path, part, "/")
		name = part[5]
		while ((getline line < (path "/uevent")) > 0) if (line ~ /^DEVTYPE=/) kind = substr(line, 9)
		close(path "/uevent")
		print "interface " name " " (kind == "" ? "-" : kind) " " first(path "/mtu") " " first(path "/flags") " " first("/proc/sys/net/ipv4/conf/" name "/rp_filter")
	}
	function print_network() {
		print "@@network"
		print_all("interface")
		printf "%s%s%s", own, rules, vxlans
		print_routes(); print_neighbours(); print_dropped()
	}
	function print_one(kind, path) {
		if (kind == "interface") { if (++interfaces <= 200) print_interface(path) }
		else if (kind == "bridge") { if (first(path "/bridge_id") != "absent") print_bridge(path) }
		else if (kind == "port") { if (first(path) != "absent") print_port(path) }
		else if (kind == "module") print_boot_file(path, "br[-_]netfilter")
		else print_boot_file(path, "^[^#;]*(net[./]bridge|ip_forward|conf[./]all[./]forwarding)")
	}
	function print_all(kind, i) { for (i = 1; i < operands; i += 2) if (operand[i] == kind) print_one(kind, operand[i + 1]) }
	function print_configs(name, i) {
		for (i = 1; i < operands; i += 2)
			if (index(operand[i], name " ") == 1 && operand[i + 1] != "") print_file(name, substr(operand[i], length(name) + 2), operand[i + 1])
	}
	# Operands are no files to awk: taken from ARGV, it reads its standard input, where print_times and ip(8) write.
	BEGIN { for (i = 1; i < ARGC; i++) operand[i] = ARGV[i]; operands = ARGC - 1; ARGC = 1 }
	/^[0-9]+ \// { changed[substr($0, index($0, " ") + 1)] = $1; next }
	/^[0-9]+:\t/ { if (++ruled <= 100) rules = rules "rule " $0 "\n"; next }
	/ vxlan id / && match($0, / dstport [0-9]+/) { name = $2; sub(/[@:].*/, "", name); vxlans = vxlans "vxlan " name " " substr($0, RSTART + 9, RLENGTH - 9) "\n"; next }
	NF > 3 && ($3 == "inet" || $3 == "inet6") && ($2 == "kube-ipvs0" ? ++bound <= 10000 : ++owned <= 1000) { own = own "own " $2 " " $4 "\n" }
	NF > 3 { addresses[$2] = addresses[$2] "address " $2 " " $3 " " $4 "\n" }
	END {
		print "@@boot-time"
		while ((getline line < "/proc/stat") > 0) if (line ~ /^btime /) print line
		print "@@bridge-netfilter"; print_module()
		print "@@bridges"; print_all("bridge"); print_all("port")
		for (name in is_bridge) printf "%s", addresses[name]
		print "@@sysctls"
		n = split("net/bridge/bridge-nf-call-iptables net/bridge/bridge-nf-call-ip6tables net/ipv4/ip_forward net/ipv6/conf/all/forwarding net/ipv4/conf/all/rp_filter net/ipv4/vs/conntrack net/ipv4/vs/expire_quiescent_template net/netfilter/nf_conntrack_count net/netfilter/nf_conntrack_max kernel/hostname", key, " ")
		for (i = 1; i <= n; i++) print_sysctl(key[i])
		for (name in is_bridge) { print_sysctl("net/ipv4/conf/" name "/forwarding"); print_sysctl("net/ipv4/conf/" name "/rp_filter") }
		print "@@boot-modules"; print_all("module")
		shown = 0; print "@@boot-sysctls"; print_all("sysctl")
		print_configs("kubelet"); print_configs("kube-proxy")
		print "@@cni"
		print_configs("cni")
		print_ipvs()
		print_network()
	}'

# Everything that stands in files, in one awk. Its operands are pairs: what a file is, and where.
print_files() {
	set --
	# Ports of bridges are told with them.
	has_vxlan=no
	for path in /sys/class/net/*; do
		if [ -e "$path/brport" ]; then continue; fi
		set -- "$@" interface "$path"
		while read -r line; do if [ "$line" = DEVTYPE=vxlan ]; then has_vxlan=yes; fi; done 2>/dev/null <"$path/uevent"
	done
	for path in /sys/class/net/*/bridge; do set -- "$@" bridge "$path"; done
	for path in /sys/class/net/*/brif/*/hairpin_mode; do set -- "$@" port "$path"; done
	for path in "$root"/etc/modules-load.d/*.conf "$root"/run/modules-load.d/*.conf "$root"/usr/local/lib/modules-load.d/*.conf "$root"/usr/lib/modules-load.d/*.conf; do set -- "$@" module "$path"; done
	for path in "$root"/etc/sysctl.d/*.conf "$root"/run/sysctl.d/*.conf "$root"/usr/local/lib/sysctl.d/*.conf "$root"/usr/lib/sysctl.d/*.conf; do set -- "$@" sysctl "$path"; done
	if [ ! -L "$root/lib" ]; then
		for path in "$root"/lib/modules-load.d/*.conf; do set -- "$@" module "$path"; done
		for path in "$root"/lib/sysctl.d/*.conf; do set -- "$@" sysctl "$path"; done
	fi
	# systemd reads the old single files only through links in the folders.
	if [ ! -d "$root/run/systemd/system" ]; then set -- "$@" module "$root/etc/modules" sysctl "$root/etc/sysctl.conf"; fi
	files=$kubelet_file$newline$proxy_file cni=''
	set -- "$@" "kubelet $kubelet_config" "$kubelet_file" "kube-proxy $proxy_config" "$proxy_file"
	for path in "$root"/etc/cni/net.d/*.conflist "$root"/etc/cni/net.d/*.conf "$root"/etc/cni/net.d/*.json "$root"/var/lib/rancher/k3s/agent/etc/cni/net.d/*.conflist; do
		if [ -f "$path" ] && [ "${#cni}" -lt 8 ]; then cni=${cni}x; set -- "$@" "cni ${path#"$root"}" "$path"; files=$files$newline$path; fi
	done
	{ print_times; print_addresses; } | awk -v root="$root" -v release="$release" -v vip="$vip_hex" -v ips="$endpoint_ips" "$read_files" "$@"
}

# What the node is called by, by which rules it chooses a table of routes, and which port its tunnels use.
print_addresses() {
	if ! have ip; then return; fi
	ip -o -4 rule 2>/dev/null
	if [ "$has_vxlan" = yes ]; then ip -o -d link show type vxlan 2>/dev/null; fi
	exec ip -o addr 2>/dev/null
}

print_times() { # of the lines of files: seconds since 1970, and the path
	set -f
	IFS=$newline
	# shellcheck disable=SC2086
	set -- $files
	unset IFS
	set +f
	if [ "$#" -gt 0 ]; then stat -L -c '%Y %n' "$@" 2>/dev/null; fi
}

# What only programs can tell, all within one time limit. Each part begins with the mark, which nobody can foresee.
# args: MARK ADDRESS LEGACY_SAVE NFT_SAVE NFT ip|ip6 SET… (empty: not to be asked)
# shellcheck disable=SC2016
ask_programs='
	mark=$1 address=$2 legacy=$3 nft=$4 list=$5 table_family=$6
	shift 6
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
	if [ -n "$list" ]; then
		part nft
		"$list" list tables || echo failed
		part proxy-table
		"$list" list table "$table_family" kube-proxy
	fi
	part programs-done'

# Keeps the policies, the whole filter table and, of nat, what concerns this Service and what others hooked in (CNI plugins, Docker), as far as
# that can be followed, with the name of each chain that is whole; members of ipsets that name the target.
# shellcheck disable=SC2016
keep_answers='
	function has_endpoint(text, i) {
		for (i = 1; i <= n; i++) if (ip[i] != "" && (index(text, ip[i] "/") || index(text, ip[i] ":") || index(text, "[" ip[i] "]"))) return 1
		return 0
	}
	function concerns_target() {
		if (match($0, /-A KUBE-SVC-[^ ]+ /) && (substr($0, RSTART + 3, RLENGTH - 4) in chains)) return 1
		# Without a target: a few rules of the kind that shows masqueradeAll.
		if (vip == "") return /-A KUBE-SVC-[^ ]+ .* -j KUBE-MARK-MASQ$/ && ++samples <= 3
		return index($0, vip "/") > 0 || has_endpoint($0)
	}
	function target_of(i) {
		for (i = NF - 1; i > 3; i--) if ($i == "-j") return $(i + 1)
		return ""
	}
	# Rules of a chain stand together; one that stands before what calls it was let go already.
	function follow(to) {
		seen[$3] = 1
		if (vip != "" && ($3 in called || $3 ~ /^(POSTROUTING|PREROUTING|OUTPUT)$/) && (to = target_of()) in declared && !(to in seen)) called[to] = 1
	}
	function name_whole(c) {
		if (table == "nat" && lines["called"] <= 300) for (c in called) print ":" c " - [0:0]"
	}
	function is_kept() {
		if (table == "nat") follow()
		if (table == "nat" && $3 in called) return ++lines["called"] <= 300
		if (table == "filter") return !/ -A (KUBE-SERVICES|KUBE-NODEPORTS|KUBE-EXTERNAL-SERVICES) / || (vip != "" && index($0, vip "/") > 0)
		if (table != "nat") return 0
		return / -A (KUBE-POSTROUTING|KUBE-MARK-MASQ|POSTROUTING|PREROUTING|OUTPUT) / || /KUBE-(6-)?(CLUSTER-IP|LOOP-BACK)/ || concerns_target()
	}
	function keep_rule() {
		if (/KUBE-/) kube++
		if (/^failed$/) print "cut failed"
		else if (/^\*/) { table = substr($0, 2); print }
		else if (/^COMMIT/) name_whole()
		# Named, since what concerns the target is whole there.
		else if (/^:KUBE-(SERVICES|EXTERNAL-SERVICES) / && table == "filter" && vip != "") print
		else if (/^:(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) / || (/^:KUBE-SEP-/ && !separate++)) print
		else if (/^:/ && !/^:KUBE-/ && table == "nat") declared[substr($1, 2)] = 1
		else if (/^\[/ && is_kept()) {
			if (++lines[table] > 2000) { is_cut[table] = 1; return }
			if (match($0, / -j KUBE-SVC-[^ ]+$/)) chains[substr($0, RSTART + 4)] = 1
			print
		}
	}
	# Of the table that kube-proxy keeps in nftables: the elements with the address, and the chains of that Service, which have its name in theirs.
	function keep_element(i, to) {
		if (vip == "" || !index($0 ",", vip " . ")) return
		for (i = 1; i < NF; i++) if ($i == "goto") { to = $(i + 1); sub(/,$/, "", to); sub(/^[a-z]+-[0-9A-Z]+-/, "", to); services[to] = 1 }
		keep_table_line()
	}
	function is_foreign_chain(chain, service) {
		if (chain !~ /^(service|local|external|firewall|endpoint)-[0-9A-Z]+-/) return 0
		for (service in services) if (index(chain, "-" service)) return 0
		return 1
	}
	function keep_table_line() { if (++lines["proxy-table"] > 2000) is_cut["proxy-table"] = 1; else print "|" $0 }
	function keep_table() {
		if (/^\t(map|set|chain) /) { kind = $1; is_foreign = kind == "chain" && is_foreign_chain($2) }
		if (is_foreign || !/^\t/) return
		if (kind == "chain" || /^\t(map|set|})/) keep_table_line()
		else if (/ \. (tcp|udp|sctp) \. /) keep_element()
		else if (vip != "" && (index($0, " " vip ",") || index($0, " " vip " ") || index($0, "\t" vip ","))) print "|\t\telements = { " vip " }"
	}
	function end_part(t) {
		if (name == "iptables") print "kube " kube + 0
		for (t in is_cut) print "cut " t
		kube = separate = size = 0; table = ""; split("", lines); split("", is_cut); split("", declared); split("", called); split("", seen)
	}
	BEGIN { n = split(vip "," ips, ip, ",") }
	index($0, mark " ") == 1 { end_part(); name = $2; if (name == "ipset" && !sets++) print "@@ipsets"; print name == "ipset" ? "set " $3 : "@@" substr($0, length(mark) + 2); next }
	name == "iptables" { keep_rule(); next }
	name == "ipset" { if (/^failed$/) print; else for (i = 1; i <= n; i++) if (ip[i] != "" && index($1, ip[i] ",") == 1 && ++members < 100) { print "member " $1; next } }
	name == "proxy-table" { keep_table(); next }
	name == "nft" { if ((/^table / && ++tables <= 200) || /^failed$/) print }
	name == "proxy-mode" || name == "configz" { size += length($0) + 1; if (size <= 65536) print "|" $0 }
	END { if (name != "programs-done") { print "failed"; print "cut failed" } else end_part() }'

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
	run_bounded sh -c "$ask_programs" ask "$mark" "$address" "$legacy" "$nft" "$list" "ip$family" "$@" 2>/dev/null |
		awk -v mark="$mark" -v vip="$vip" -v ips="$endpoint_ips" "$keep_answers"
	if [ "$is_missing" = yes ]; then section iptables-missing; fi
	if [ "$#" -eq 0 ]; then section ipsets; if [ "$has_sets" = yes ]; then echo missing; else echo absent; fi; fi
	if [ -z "$list" ]; then section nft; if [ "$has_nft" = yes ]; then echo missing; else echo absent; fi; fi
}

print_host
print_daemons
print_files
print_programs
section end
