# Reads a node's network settings and prints them as "@@section" blocks; text of files stands behind "|".
# Read-only: only tables and modules that are loaded already are asked, since ipvsadm, ipset, nft and iptables would load them.
# Starting a process can cost tens of milliseconds, so files are read by one awk and by builtins of the shell.
# The parts come before it: node-daemons.sh, node-files.sh, node-programs.sh.
# shellcheck shell=sh disable=SC2034 # its variables are shared with the parts
# args: VIP VIP_HEX ENDPOINT_IPS (separated by commas)
vip=$1 vip_hex=$2 endpoint_ips=$3
family='' set_prefix=KUBE-
case $vip in *:*) family=6 set_prefix=KUBE-6- ;; esac
# A proxy of the environment must not be asked for what listens on this node.
unset http_proxy all_proxy HTTP_PROXY ALL_PROXY
newline='
'

# Printed with printf, since echo of some shells turns a backslash and an n into a new line.
section() { printf '@@%s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }
run_bounded() { if have timeout; then exec timeout 20 "$@"; fi; exec "$@"; }

# Whether asking a subsystem cannot load it: it is there already, or this kernel has no modules at all.
is_there() { # MODULE
	if [ -d "/sys/module/$1" ] || [ ! -e /proc/modules ]; then return 0; fi
	grep -qs "/$1\.ko" "/lib/modules/$release/modules.builtin"
}

print_host() {
	read -r release </proc/sys/kernel/osrelease
	section hairpin-node 1
	section host
	printf 'kernel %s\n' "$release"
	printf 'now %s\n' "$(date +%s)"
	for tool in ip iptables-save ipset curl tcpdump nsenter; do if ! have "$tool"; then printf 'missing %s\n' "$tool"; fi; done
}

print_host
print_daemons
print_files
print_programs
section end
