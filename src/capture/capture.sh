# Captures until its standard input ends, writes pcap to standard output and facts as "hairpin: KEY VALUE" lines to standard error.
# args: INTERFACE ("default" for that of the default route) FILTER MAX_PACKETS MAX_SECONDS CLIENT_IP VIP ("" "" where no entries are wanted) VIP_HEX
interface=$1 filter=$2 max_packets=$3 max_seconds=$4 client=$5 vip=$6 vip_hex=$7

say() { echo "hairpin: $*" >&2; }

default_interface() {
	while read -r name destination _; do
		if [ "$destination" = 00000000 ]; then echo "$name"; return; fi
	done < /proc/net/route
	while read -r destination length rest; do
		if [ "$destination $length" = "00000000000000000000000000000000 00" ]; then echo "${rest##* }"; return; fi
	done < /proc/net/ipv6_route
}

# Entries of the flow. Only what is loaded is read: conntrack(8) would load nf_conntrack_netlink.
print_entries() {
	if [ -r /proc/net/nf_conntrack ]; then
		grep -F "src=$client dst=$vip " /proc/net/nf_conntrack | head -n 200 | while read -r line; do say "conntrack $line"; done
		say "conntrack-source cat /proc/net/nf_conntrack"
	elif [ -d /sys/module/nf_conntrack_netlink ] && command -v conntrack >/dev/null; then
		conntrack -L -s "$client" -d "$vip" 2>/dev/null | head -n 200 | while read -r line; do say "conntrack $line"; done
		say "conntrack-source conntrack -L -s $client -d $vip"
	fi
	if [ -r /proc/net/ip_vs_conn ]; then
		grep -F " $vip_hex " /proc/net/ip_vs_conn | head -n 200 | while read -r line; do say "ipvs $line"; done
		say "ipvs-source cat /proc/net/ip_vs_conn"
	fi
}

if ! command -v tcpdump >/dev/null; then say "problem tcpdump is not installed on this node"; exit 69; fi
if [ "$interface" = default ]; then interface=$(default_interface); fi
say "interface ${interface:-none}"
if ! error=$(tcpdump -i "${interface:-none}" -d "$filter" 2>&1 >/dev/null); then
	say "problem tcpdump refuses: $(echo "$error" | tail -n 1)"
	exit 65
fi

# -s 256 keeps the ring's slots small, -U and --immediate-mode keep nothing back: without all three, packets are lost.
# -p leaves the interface out of promiscuous mode.
# Debian's and Red Hat's tcpdump become the user tcpdump, which an image may lack, and whose processes root of a container may not signal.
user=
if { [ -n "${HAIRPIN_ROOT-}" ] || ! grep -qs '^tcpdump:' /etc/passwd; } && tcpdump -Z root -i "$interface" -d "$filter" >/dev/null 2>&1; then user='-Z root'; fi
bound=
if command -v timeout >/dev/null; then bound="timeout $max_seconds"; fi
# shellcheck disable=SC2086
$bound tcpdump $user -p -nn -s 256 -U --immediate-mode -i "$interface" -c "$max_packets" -w - "$filter" &
tcpdump=$!
# Whichever comes first ends the capture: our own end, or tcpdump's.
exec 3<&0
{ cat <&3 >/dev/null 2>&1; kill -TERM "$tcpdump" 2>/dev/null; } &
watchdog=$!
wait "$tcpdump"
kill "$watchdog" 2>/dev/null
if [ -n "$vip" ]; then print_entries; fi
say "stopped"
