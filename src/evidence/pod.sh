# Reads a pod's network namespace with the node's own tools; /proc/net follows the namespace, /sys does not.
# Prints "@@section" blocks. No args.
section() { printf '@@%s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }

# What /proc tells without ip(8): routes of IPv4, and the addresses that are local, loopback left out.
print_without_ip() {
	section route
	head -n 500 /proc/net/route | sed 's/^/proc /'
	section addresses
	awk '/\|--/ { ip = $NF } /\/32 host LOCAL/ && ip !~ /^127\./ && !seen[ip]++ && ++count <= 100 { print "proc " ip }' /proc/net/fib_trie
}

print_with_ip() {
	section route
	{ ip route show default; ip -6 route show default; } | head -n 50
	section links
	ip -o link | head -n 100
	section addresses
	ip -o addr show scope global | head -n 100
}

print_listeners() {
	section listeners
	set --
	for protocol in tcp tcp6 udp udp6; do
		if [ -r "/proc/net/$protocol" ]; then set -- "$@" "/proc/net/$protocol"; else printf 'unreadable %s\n' "$protocol"; fi
	done
	# State 0A is LISTEN; a UDP socket that waits for anybody is in state 07.
	if [ "$#" -gt 0 ]; then
		awk 'FNR == 1 { protocol = FILENAME; sub(/.*\//, "", protocol) }
			$4 == "0A" || (protocol ~ /udp/ && $4 == "07") { if (++count[protocol] <= 500) print protocol, $2 }' "$@"
	fi
}

# A process of the pod, and not one of ours that entered its network alone: it sees other files than this script.
find_process() {
	here=$(stat -L -c %i /proc/self/ns/net) ours=$(stat -L -c %i /proc/self/ns/mnt)
	stat -L -c '%i %n' /proc/[0-9]*/ns/net 2>/dev/null | while IFS=' /' read -r network _ process _; do
		if [ "$network" != "$here" ]; then continue; fi
		files=$(stat -L -c %i "/proc/$process/ns/mnt" 2>/dev/null)
		if [ -n "$files" ] && [ "$files" != "$ours" ]; then echo "$process" && break; fi
	done
}

# Whom the pod's programs ask for names; of the domains that they try, those of Services alone. In a container of the pod itself it is the own file.
print_resolver() {
	section resolver
	etc=/etc
	if [ -n "$HAIRPIN_POD_PID" ]; then etc=/proc/$(find_process)/root/etc; fi
	# A link could lead out of the pod.
	if [ -L "$etc" ] || [ -L "$etc/resolv.conf" ] || [ ! -f "$etc/resolv.conf" ]; then echo unreadable; else
		head -c 8192 "$etc/resolv.conf" | awk '$1 == "nameserver" { print $1, $2 }
			$1 == "search" { for (field = 2; field <= NF; field++) if ($field ~ /^svc\./) print $1, $field }'
	fi
}

section hairpin-pod 1
section tools
if have ip; then print_with_ip; else printf 'missing ip\n'; print_without_ip; fi
print_listeners
print_resolver
section end
