# Parts of the scripts that read a node's rules; stands before them.
# shellcheck shell=sh
# Where the node's files are seen: elsewhere than at / in a container of ours. family is 6 or empty.
root=${HAIRPIN_ROOT-} family=''
read -r release </proc/sys/kernel/osrelease

# Printed with printf, since echo of some shells turns a backslash and an n into a new line.
section() { printf '@@%s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }
run_bounded() { if have timeout; then exec timeout 20 "$@"; fi; exec "$@"; }

# Whether asking a subsystem cannot load it: it is there already, or this kernel has no modules at all.
is_there() { # MODULE
	if [ -d "/sys/module/$1" ] || [ ! -e /proc/modules ]; then return 0; fi
	grep -qs "/$1\.ko" "$root/lib/modules/$release/modules.builtin"
}

# Sets legacy and nft to the programs that print the rules of each backend, where that backend has any.
find_savers() {
	legacy='' nft='' is_missing=no plain=ip${family}tables-save
	if read -r first 2>/dev/null <"/proc/net/ip${family}_tables_names" && [ -n "$first" ]; then legacy=ip${family}tables-legacy-save; fi
	if [ "$has_nft" = yes ]; then nft=ip${family}tables-nft-save; fi
	# Where only one iptables is installed, it says whose rules it prints.
	variant=''
	if ! have "${legacy:-:}" || ! have "${nft:-:}"; then variant=$("$plain" -V 2>/dev/null); fi
	if ! have "${legacy:-:}"; then case $variant in '' | *nf_tables*) legacy='' is_missing=yes ;; *) legacy=$plain ;; esac; fi
	if ! have "${nft:-:}"; then
		# Rules in nf_tables come from an iptables for it, which would be here unless there is none at all.
		case $variant in *nf_tables*) nft=$plain ;; '') if [ -z "$legacy" ]; then is_missing=yes; fi; nft='' ;; *) nft='' ;; esac
	fi
}
