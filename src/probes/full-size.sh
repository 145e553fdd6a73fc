# Sends UDP packets, which Linux forbids to cut (DF, RFC 1191), to a port where nobody listens: the refusal by ICMP tells that one arrived, however small the refusal.
# args: IP PORT BYTES(of the whole packet) HEADER(28, or 48 with IPv6)
# Prints "full-size arrived|lost|told|unanswered", where told means that a router said how large a packet may be; and after lost "largest BYTES", the largest packet that arrives.
ip=$1 port=$2 bytes=$3 header=$4

# Prints what became of one packet.
send() { # BYTES
	# shellcheck disable=SC2016
	LC_ALL=C bash -c '
		exec 3<>"/dev/udp/$1/$2" || exit
		# Of more than 4,096 bytes printf makes several packets.
		if [ "$3" -le 4096 ]; then send() { printf "%0$1d" 0; }; else send() { dd if=/dev/zero bs="$1" count=1; }; fi
		said=$(send "$3" 2>&1 >&3; IFS= read -r -t 1 -N 1 -u 3 2>&1 && echo answered)
		case $said in
		*refused* | *answered*) echo arrived ;;
		*"too long"*) echo told ;;
		*) echo silent ;;
		esac' full-size "$ip" "$port" "$(($1 - header))" 2>/dev/null
}

# Refusals are sent six at once and then one in a second (icmp_ratelimit), and a packet may be lost by chance.
send_patiently() { # BYTES
	for _ in 1 2 3; do
		became=$(send "$1")
		if [ "$became" != silent ]; then break; fi
	done
	echo "$became"
}

find_largest() {
	arrives=$small lost=$bytes
	while [ "$((lost - arrives))" -gt 1 ]; do
		middle=$(((arrives + lost) / 2))
		if [ "$(send_patiently "$middle")" = arrived ]; then arrives=$middle; else lost=$middle; fi
	done
	echo "largest $arrives"
}

if ! command -v bash >/dev/null; then exit 69; fi
# What a router once said is obeyed for ten minutes: larger packets are cut before they leave, and no connection sends any.
learned=$(ip route get "$ip" 2>/dev/null | sed -n 's/.* mtu \([0-9][0-9]*\).*/\1/p' | head -n 1)
if [ -n "$learned" ] && [ "$learned" -lt "$bytes" ]; then bytes=$learned; else learned=; fi
small=$((header + 8))
if [ "$(send_patiently "$small")" != arrived ]; then
	echo 'full-size unanswered'
	exit
fi
became=$(send_patiently "$bytes")
if [ "$became" = arrived ] && [ -n "$learned" ]; then
	echo 'full-size told'
elif [ "$became" != silent ]; then
	echo "full-size $became"
elif [ "$(send_patiently "$small")" = arrived ]; then
	echo 'full-size lost'
	find_largest
else
	echo 'full-size unanswered'
fi
