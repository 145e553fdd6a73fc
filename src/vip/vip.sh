# Reads what a node's own rules say of a Service's address, and which addresses its pods have; prints "@@section" blocks.
# Read-only: only tables and modules that are loaded already are asked, since ipvsadm, nft and iptables would load them.
# Stands behind rule-programs.sh, which sets root, release, family and what find_savers finds.
# shellcheck shell=sh disable=SC2154
# args: VIP VIP_HEX
vip=$1 vip_hex=$2
case $vip in *:*) family=6 ;; esac

print_host() {
	section hairpin-rules 1
	section host
	printf 'kernel %s\n' "$release"
	# One process is kubelet and kube-proxy in k3s and microk8s.
	for file in /proc/[0-9]*/comm; do
		read -r comm 2>/dev/null <"$file" || continue
		case $comm in kube-proxy | k3s | k3s-server | k3s-agent | kubelite) printf 'proxy %s\n' "$comm" ;; esac
	done
}

# shellcheck disable=SC2016
keep_virtual_servers='
	/^(TCP|UDP|SCTP) / {
		address = toupper($2); gsub(/[\[\]:]/, "", address)
		mine = substr(address, 1, length(address) - 4) == vip
		count++
		if (mine && ++kept <= 200) print
	}
	/^ +-> / && mine && ++kept <= 2000
	END { print "count " count + 0 }'

print_ipvs() {
	section ipvs
	if [ -r /proc/net/ip_vs ]; then awk -v vip="$vip_hex" "$keep_virtual_servers" /proc/net/ip_vs; else echo absent; fi
}

# Of the text of iptables-save: the rules with the address, and what hangs on their chains. KUBE-SEP chains are printed before those that use them.
# shellcheck disable=SC2016
keep_rules='
	function follow(chain, n, i, line, word) {
		if (chain in shown) return
		shown[chain] = 1
		n = split(rules[chain], line, "\n")
		for (i = 2; i <= n; i++) {
			if (++kept <= 2000) print line[i]
			if (match(line[i], / -j KUBE-(SVC|SVL|SEP)-[^ ]+/)) { split(substr(line[i], RSTART, RLENGTH), word, " "); follow(word[2]) }
		}
	}
	/^failed$/ { print; next }
	/^-A KUBE-SERVICES / {
		if (/ -d /) count++
		if (index($0, " -d " vip "/")) {
			if (++kept <= 200) print
			for (i = 3; i < NF; i++) if ($i == "-j") wanted[$(i + 1)] = 1
		}
		next
	}
	/^-A KUBE-(SVC|SVL)-.* -j KUBE-(SVC|SVL|SEP)-/ || /^-A KUBE-SEP-.* -j DNAT / {
		rules[$2] = rules[$2] "\n" $0
	}
	END { for (chain in wanted) if (chain in rules) follow(chain); print "count " count + 0 }'

print_iptables() { # BACKEND PROGRAM
	section iptables "$1"
	{ (run_bounded "$2") || echo failed; } 2>/dev/null | awk -v vip="$vip" "$keep_rules"
}

# Of the text of nft list table: the elements with the address, and the chains that they lead to.
# shellcheck disable=SC2016
keep_table='
	function follow(chain, n, i, line, text, word) {
		if (chain in shown || !(chain in rules) || ++chains > 1000) return
		shown[chain] = 1
		printf "\tchain %s {\n%s\t}\n", chain, rules[chain]
		text = rules[chain]
		while (match(text, /(goto|jump) [^ ,}\n]+/)) {
			split(substr(text, RSTART, RLENGTH), word, " ")
			text = substr(text, RSTART + RLENGTH)
			follow(word[2])
		}
	}
	/^failed$/ { print; next }
	/^\tmap (service-ips|no-endpoint-services) [{]/ { map = $2; elements[map] = ""; next }
	/^\tchain (service|local|external|firewall|endpoint)-[^ ]+ [{]/ { chain = $2; next }
	/^\t[}]/ { map = chain = ""; next }
	map != "" && / [.] (tcp|udp|sctp) [.] / {
		count++
		if (index($0, vip " . ")) {
			elements[map] = elements[map] $0 "\n"
			for (i = 1; i < NF; i++) if ($i == "goto") { to = $(i + 1); sub(/,$/, "", to); wanted[to] = 1 }
		}
	}
	chain != "" { rules[chain] = rules[chain] $0 "\n" }
	END {
		for (map in elements) if (elements[map] != "") printf "\tmap %s {\n%s\t}\n", map, elements[map]
		for (chain in wanted) follow(chain)
		print "count " count + 0
	}'

print_nftables() {
	section nftables
	table="ip$family kube-proxy"
	# shellcheck disable=SC2086
	if nft list tables 2>/dev/null | grep -qxF "table $table"; then
		{ (run_bounded nft list table $table) || echo failed; } 2>/dev/null | awk -v vip="$vip" "$keep_table"
	fi
}

print_rules() {
	has_nft=no
	if is_there nf_tables; then has_nft=yes; fi
	find_savers
	if [ -n "$legacy" ]; then print_iptables legacy "$legacy"; fi
	if [ -n "$nft" ]; then print_iptables nf_tables "$nft"; fi
	if [ "$is_missing" = yes ]; then section missing iptables-save; fi
	if [ "$has_nft" = yes ]; then if have nft; then print_nftables; else section missing nft; fi; fi
}

# The addresses of each network namespace, read once from one of its processes; the first namespace is the node's own.
# An address is there as "|-- IP" followed by "/32 host LOCAL". Where IPVS works the node holds the addresses of all Services, which are left out.
# shellcheck disable=SC2016
read_addresses='
	function tell(ip, hex) {
		if (ip ~ /^127\./ || (inode, ip) in told || (inode == own && hex in virtual)) return
		told[inode, ip] = 1
		if (++count <= 5000) print (inode == own ? "node" : "pod " inode) " " ip
	}
	function to_hex(ip, part) { split(ip, part, "."); return sprintf("%02X%02X%02X%02X", part[1], part[2], part[3], part[4]) }
	function read_trie(file, line, ip, word, n, lines) {
		while ((getline line < file) > 0) {
			lines++
			n = split(line, word, " ")
			if (word[n - 1] == "|--") ip = word[n]
			else if (line ~ /\/32 host LOCAL/) tell(ip, to_hex(ip))
		}
		close(file)
		return lines
	}
	# Scope 00 is global: neither loopback nor link-local (proc_net(5)).
	function read_if_inet6(file, line, word, lines) {
		while ((getline line < file) > 0) { lines++; split(line, word, " "); if (word[4] == "00") tell(word[1], toupper(word[1])) }
		close(file)
		return lines
	}
	BEGIN {
		while ((getline line < "/proc/net/ip_vs") > 0) if (line ~ /^(TCP|UDP|SCTP) /) {
			split(line, word, " "); address = toupper(word[2]); gsub(/[\[\]:]/, "", address)
			virtual[substr(address, 1, length(address) - 4)] = 1
		}
	}
	{ inode = $1; directory = $2; sub(/\/ns\/net$/, "/net", directory) }
	NR == 1 { own = inode }
	!(inode in seen) { if (family == 6 ? read_if_inet6(directory "/if_inet6") : read_trie(directory "/fib_trie")) seen[inode] = 1 }'

print_addresses() {
	if ! have stat; then section missing stat; fi
	section addresses
	stat -L -c '%i %n' /proc/self/ns/net /proc/[0-9]*/ns/net 2>/dev/null | awk -v family="$family" "$read_addresses"
}

print_host
print_ipvs
print_rules
print_addresses
section end
