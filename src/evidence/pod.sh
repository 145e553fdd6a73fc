# Reads a pod's network namespace with the node's own tools; /proc/net follows the namespace, /sys does not.
# Prints "@@section" blocks. No args.
section() { echo "@@$*"; }
have() { command -v "$1" >/dev/null 2>&1; }

section hairpin-pod 1
section tools
if ! have ip; then echo "missing ip"; fi
section route
if have ip; then ip route show default; ip -6 route show default; else sed 's/^/proc /' /proc/net/route; fi
section links
if have ip; then ip -o link; fi
section addresses
if have ip; then ip -o addr show scope global; fi
section listeners
for protocol in tcp tcp6 udp udp6; do
	if [ -r "/proc/net/$protocol" ]; then
		awk -v p="$protocol" '$4 == "0A" || (p ~ /udp/ && $4 == "07") { print p, $2 }' "/proc/net/$protocol" | head -n 500
	else
		echo "unreadable $protocol"
	fi
done
section end
