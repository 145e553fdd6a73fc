#!/usr/bin/env bash
# debian.sh FOLDER: a small Debian with what a node needs, packed.
set -euo pipefail
packages=(
	systemd systemd-sysv dbus kmod procps sudo ca-certificates curl openssh-server
	iproute2 iputils-ping netcat-openbsd tcpdump iptables ipset ipvsadm conntrack nftables ebtables
	containerd runc containernetworking-plugins
)
include=$(IFS=,; echo "${packages[*]}")
mmdebstrap --quiet --variant=minbase --include="$include" --dpkgopt='path-exclude=/usr/share/{doc,man,locale}/*' bookworm "$1/debian.tar"
