# What stands in files: /proc, /sys and configuration.
# shellcheck shell=sh disable=SC2034,SC2154 # its variables are shared with node.sh

# shellcheck disable=SC2016
read_files='
	# The first line of a file, or absent. A file of /proc/sys gives its value to one read(2) only, which the builtin of a shell is not.
	function first(path, line) {
		if ((getline line < path) <= 0) line = "absent"
		close(path)
		return line
	}
	function print_sysctl(key) { print key ":" first("/proc/sys/" key) }
	function print_boot_file(path, pattern, line, more, count) {
		more = (getline line < path)
		if (more < 0) return
		print "file " path
		for (; more > 0 && count < 5000; count++) {
			if (line ~ pattern && ++shown <= 200) print path ":" line
			more = (getline line < path)
		}
		close(path)
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
		dependencies = "/lib/modules/" release "/modules.dep"
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
			} else if (mine && line ~ /^ +-> /) print line
		}
		print "count " count + 0
	}
	function print_one(kind, path) {
		if (kind == "bridge") { if (first(path "/bridge_id") != "absent") print_bridge(path) }
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
	NF > 3 { addresses[$2] = addresses[$2] "address " $2 " " $3 " " $4 "\n" }
	END {
		print "@@boot-time"
		while ((getline line < "/proc/stat") > 0) if (line ~ /^btime /) print line
		print "@@bridge-netfilter"; print_module()
		print "@@bridges"; print_all("bridge"); print_all("port")
		for (name in is_bridge) printf "%s", addresses[name]
		print "@@sysctls"
		n = split("net/bridge/bridge-nf-call-iptables net/bridge/bridge-nf-call-ip6tables net/ipv4/ip_forward net/ipv6/conf/all/forwarding net/ipv4/conf/all/rp_filter net/ipv4/vs/conntrack net/netfilter/nf_conntrack_count net/netfilter/nf_conntrack_max", key, " ")
		for (i = 1; i <= n; i++) print_sysctl(key[i])
		for (name in is_bridge) { print_sysctl("net/ipv4/conf/" name "/forwarding"); print_sysctl("net/ipv4/conf/" name "/rp_filter") }
		print "@@boot-modules"; print_all("module")
		shown = 0; print "@@boot-sysctls"; print_all("sysctl")
		print_configs("kubelet"); print_configs("kube-proxy")
		print "@@cni"
		print_configs("cni")
		print_ipvs()
	}'

# Everything that stands in files, in one awk. Its operands are pairs: what a file is, and where.
print_files() {
	set --
	for path in /sys/class/net/*/bridge; do set -- "$@" bridge "$path"; done
	for path in /sys/class/net/*/brif/*/hairpin_mode; do set -- "$@" port "$path"; done
	for path in /etc/modules-load.d/*.conf /run/modules-load.d/*.conf /usr/local/lib/modules-load.d/*.conf /usr/lib/modules-load.d/*.conf; do set -- "$@" module "$path"; done
	for path in /etc/sysctl.d/*.conf /run/sysctl.d/*.conf /usr/local/lib/sysctl.d/*.conf /usr/lib/sysctl.d/*.conf; do set -- "$@" sysctl "$path"; done
	if [ ! -L /lib ]; then
		for path in /lib/modules-load.d/*.conf; do set -- "$@" module "$path"; done
		for path in /lib/sysctl.d/*.conf; do set -- "$@" sysctl "$path"; done
	fi
	# systemd reads the old single files only through links in the folders.
	if [ ! -d /run/systemd/system ]; then set -- "$@" module /etc/modules sysctl /etc/sysctl.conf; fi
	files='' cni=''
	set -- "$@" "kubelet $kubelet_config" "$kubelet_file" "kube-proxy $proxy_config" "$proxy_file"
	for path in /etc/cni/net.d/*.conflist /etc/cni/net.d/*.conf /etc/cni/net.d/*.json /var/lib/rancher/k3s/agent/etc/cni/net.d/*.conflist; do
		if [ -f "$path" ] && [ "${#cni}" -lt 8 ]; then cni=${cni}x; set -- "$@" "cni $path" "$path"; files=$files$newline$path; fi
	done
	{ print_times; if have ip; then exec ip -o addr 2>/dev/null; fi; } | awk -v release="$release" -v vip="$vip_hex" "$read_files" "$@"
}

print_times() { # of kubelet_file, proxy_file and the lines of files: seconds since 1970, and the path
	set -f
	IFS=$newline
	# shellcheck disable=SC2086
	set -- $kubelet_file $proxy_file $files
	unset IFS
	set +f
	if [ "$#" -gt 0 ]; then stat -L -c '%Y %n' "$@" 2>/dev/null; fi
}
