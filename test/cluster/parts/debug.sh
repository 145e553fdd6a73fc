#!/usr/bin/env bash
# debug.sh FOLDER DEBIAN: an image with the tools that pods of hairpin's run on nodes, taken from the nodes' own Debian.
set -euo pipefail
debian=$2 tree=$1/tree root=$1/debug
# shellcheck source=pack-image.sh
. "$(dirname "$0")/pack-image.sh"

programs=(
	dash bash cat chroot cp cut date dirname env false head id kill ln ls mkdir mktemp mv od readlink rm seq sleep sort stat tail tee timeout touch tr true
	uname uniq wc grep sed mawk find xargs ps hostname
	nsenter tcpdump ip bridge ss curl nc.openbsd ipset ipvsadm conntrack nft xtables-legacy-multi xtables-nft-multi
)
libraries=/usr/lib/x86_64-linux-gnu

unpack_debian() {
	mkdir "$tree"
	tar --extract --file "$debian/debian.tar" --directory "$tree" --numeric-owner --exclude='./dev/*'
}

lay_folders() {
	mkdir -p "$root"/usr/{bin,sbin,lib64} "$root$libraries" "$root"/{etc,proc,sys,dev,run,tmp}
	ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root/"
	printf '%s\n' 'root:x:0:0:root:/:/bin/sh' 'tcpdump:x:100:100::/:/bin/false' >"$root/etc/passwd"
	printf '%s\n' 'root:x:0:' 'tcpdump:x:100:' >"$root/etc/group"
}

copy_program() { # NAME
	local path=/usr/bin/$1 library
	[ -e "$tree$path" ] || path=/usr/sbin/$1
	cp -L "$tree$path" "$root$path"
	for library in $(chroot "$tree" ldd "$path" 2>/dev/null | grep -oE '/[^ ]+'); do
		[ -e "$root$library" ] || cp -L "$tree$library" "$root$library"
	done
}

# A shell that is not busybox: that one would run its own ip, nc and nsenter.
name_programs() {
	local name kind
	ln -s dash "$root/usr/bin/sh"
	ln -s mawk "$root/usr/bin/awk"
	ln -s nc.openbsd "$root/usr/bin/nc"
	for name in iptables iptables-save ip6tables ip6tables-save; do
		for kind in legacy nft; do ln -s "xtables-$kind-multi" "$root/usr/sbin/${name/tables/tables-$kind}"; done
		ln -s xtables-legacy-multi "$root/usr/sbin/$name"
	done
}

unpack_debian
lay_folders
for program in "${programs[@]}"; do copy_program "$program"; done
cp -a "$tree$libraries/xtables" "$root$libraries/"
name_programs
rm -rf "$tree"
pack_image "$1" debug "$root" /bin/sh
