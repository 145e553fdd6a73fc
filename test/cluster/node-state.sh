#!/bin/sh
# node-state.sh remember|restore, on a node as root: notes the founding state, or brings it back and says what had changed.
# Starting a process is dear on these kernels, so each question costs as few of them as possible.
set -eu
founding=/var/lib/founding-state
now=/run/founding-state
files='etc/cni/net.d etc/kubernetes etc/modprobe.d etc/modules-load.d etc/sysctl.conf etc/sysctl.d etc/systemd/system var/lib/kube-proxy var/lib/kubelet/config.yaml'

say() { echo "restored $*"; }

# shellcheck disable=SC2086
note_files() { (cd / && tar --create --sort=name --ignore-failed-read $files) 2>/dev/null || true; }
note_sysctls() { (cd /proc/sys/net && grep -sH '' ipv4/* ipv4/vs/* ipv4/conf/all/* ipv4/conf/default/* ipv4/conf/vec0/* netfilter/*) || true; }
note_routes() { ip -4 route show | sed 's/ linkdown//; s/ *$//' | sort; }
note_rules() { iptables-save | sed '/^#/d; s/\[[0-9]*:[0-9]*\]/[0:0]/'; }

note() { # FOLDER WHAT...
	folder=$1
	shift
	mkdir -p "$folder"
	for what in "$@"; do "note_$what" >"$folder/$what"; done
}

remember() {
	[ ! -e "$founding" ] || return 0
	rm -rf "$founding.new"
	note "$founding.new" files sysctls routes rules
	mkdir "$founding.new/tree"
	tar --extract --file "$founding.new/files" --directory "$founding.new/tree"
	mv "$founding.new" "$founding"
}

differs() { # WHAT
	note "$now" "$1"
	! cmp -s "$founding/$1" "$now/$1"
}

# What fixes of hairpin's left for their undo.
restore_journals() {
	[ -e /var/lib/hairpin ] || return 0
	systemctl stop 'hairpin-undo-*.timer' 2>/dev/null || true
	rm -rf /var/lib/hairpin
	say '/var/lib/hairpin'
}

restore_module() {
	[ -e /sys/module/br_netfilter ] || return 0
	# Never `modprobe -r`: it unloads `bridge` with it, and cni0 is gone.
	rmmod br_netfilter
	say 'br_netfilter (unloaded)'
}

restore_files() {
	differs files || return 0
	for file in $files; do
		diff -rq --no-dereference "$founding/tree/$file" "/$file" >/dev/null 2>&1 && continue
		[ -e "$founding/tree/$file" ] || [ -e "/$file" ] || continue
		rm -rf "/${file:?}"
		[ ! -e "$founding/tree/$file" ] || cp -a "$founding/tree/$file" "/$file"
		[ "$file" != etc/systemd/system ] || systemctl daemon-reload
		say "/$file"
	done
}

restore_bridge() {
	if [ ! -e /sys/class/net/cni0 ]; then
		ip link add cni0 type bridge
		say 'cni0'
	fi
	restore_gateway "$(sed -n 's/\.0\(\/24\) dev cni0.*/.1\1/p' "$founding/routes")"
	# up, broadcast and multicast, not promiscuous (netdevice(7))
	set_to 0x1003 /sys/class/net/cni0/flags
	set_to 1500 /sys/class/net/cni0/mtu
	for flag in nf_call_iptables nf_call_ip6tables nf_call_arptables; do set_to 0 "/sys/class/net/cni0/bridge/$flag"; done
	for port in /sys/class/net/veth*; do [ ! -e "$port" ] || restore_port "$port"; done
}

restore_gateway() { # ADDRESS/LENGTH: the only IPv4 address of cni0
	ip -4 -o addr show dev cni0 | awk -v wanted="$1" '{ count++; if ($4 == wanted) found = 1 } END { exit !(count == 1 && found) }' && return 0
	ip -4 addr flush dev cni0
	ip addr add "$1" dev cni0
	say "$1 on cni0"
}

restore_port() {
	[ -e "$1/master" ] || { ip link set "${1##*/}" master cni0 up && say "${1##*/} in cni0"; }
	set_to 1500 "$1/mtu"
	set_to 1 "$1/brport/hairpin_mode"
}

set_to() { # VALUE FILE
	[ -e "$2" ] || return 0
	read -r value <"$2"
	[ "$value" != "$1" ] || return 0
	echo "$1" >"$2"
	say "$2 = $1"
}

restore_sysctls() {
	differs sysctls || return 0
	diff "$founding/sysctls" "$now/sysctls" | sed -n 's/^< //p' | while IFS=: read -r name value; do
		# what only counts, as nf_conntrack_count does, refuses to be written
		if { echo "$value" >"/proc/sys/net/$name"; } 2>/dev/null; then say "net/$name = $value"; fi
	done
}

restore_routes() {
	differs routes || return 0
	grep -vxFf "$founding/routes" "$now/routes" | change_routes del
	grep -vxFf "$now/routes" "$founding/routes" | change_routes replace
}

change_routes() { # del|replace
	while read -r route; do
		# shellcheck disable=SC2086
		ip route "$1" $route
		say "route ($1): $route"
	done
}

# A daemon acts as its file says when it started after the file was last touched.
restore_daemons() {
	systemctl show --timestamp=unix --property=ActiveState,ExecMainStartTimestamp --value containerd kubelet kube-proxy | sed '/^$/d' >"$now/daemons"
	{
		restore_daemon containerd /etc/containerd/config.toml
		restore_daemon kubelet /var/lib/kubelet/config.yaml 127.0.0.1:10248/healthz
		restore_daemon kube-proxy /var/lib/kube-proxy/config.yaml 127.0.0.1:10249/proxyMode
	} <"$now/daemons"
}

restore_daemon() { # NAME CONFIG [ADDRESS]: reads its two lines of state
	read -r started
	read -r state
	[ "$state" != active ] || [ "$(stat -c %Z "$2")" -gt "${started#@}" ] || return 0
	systemctl restart "$1"
	wait_for_answer "${3:-}"
	say "$1 (restarted)"
}

wait_for_answer() { # ADDRESS
	[ -n "$1" ] || return 0
	tries=300
	until curl -sf -o "$now/answer" "$1"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.2
	done
}

restore_rules() {
	differs rules || return 0
	# Rules name ipsets, which a kube-proxy that was just started makes in its own time.
	tries=20
	until iptables-restore --test <"$founding/rules" 2>/dev/null || [ $tries -eq 0 ]; do
		tries=$((tries - 1))
		sleep 0.5
	done
	iptables-restore --wait 30 <"$founding/rules"
	say 'iptables rules'
}

restore() {
	[ -e "$founding" ] || {
		echo 'no founding state is known here'
		return 1
	}
	restore_journals
	restore_module
	restore_files
	restore_bridge
	restore_sysctls
	restore_routes
	restore_daemons
	restore_rules
	conntrack -F >/dev/null 2>&1
}

case $1 in
	remember) remember ;;
	restore) restore ;;
esac
