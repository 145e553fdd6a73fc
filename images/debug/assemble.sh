# Lays out the root file system of the image, from the Debian that it runs in. Runs in the first stage of Dockerfile.debug.
# args: FOLDER
set -eu
root=$1
libraries=$(dirname "$(find /usr/lib -name 'libc.so.6' | head -n 1)")

lay_folders() {
	mkdir -p "$root"/usr/bin "$root"/usr/sbin "$root"/usr/share "$root$libraries" "$root"/etc "$root"/proc "$root"/sys "$root"/dev "$root"/run "$root"/root
	mkdir -m 1777 "$root/tmp"
	for folder in bin sbin lib; do ln -s "usr/$folder" "$root/$folder"; done
	printf '%s\n' 'root:x:0:0:root:/root:/bin/bash' 'tcpdump:x:100:100::/:/bin/false' 'nobody:x:65534:65534:nobody:/:/bin/bash' >"$root/etc/passwd"
	printf '%s\n' 'root:x:0:' 'tcpdump:x:100:' 'nogroup:x:65534:' >"$root/etc/group"
	echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
	cp /etc/protocols /etc/services "$root/etc/" 2>/dev/null || true
	mkdir -p "$root/etc/iproute2"
	cp -r /etc/iproute2/. "$root/etc/iproute2/"
}

# A program or library with all that it is linked to. The loader stands at a path of its own, outside of $libraries on amd64.
copy_linked() { # PATH
	target=$(readlink -f "$1")
	mkdir -p "$root$(dirname "$1")"
	[ -e "$root$1" ] || cp "$target" "$root$1"
	for library in $(ldd "$target" 2>/dev/null | grep -oE '/[^ ]+'); do
		case $library in /lib64/* | /lib/ld-*) place=$library ;; *) place=$libraries/${library##*/} ;; esac
		if [ ! -e "$root$place" ]; then
			mkdir -p "$root$(dirname "$place")"
			cp -L "$library" "$root$place"
		fi
	done
}

copy_programs() {
	while read -r name; do
		path=$(command -v "$name")
		case $path in /bin/* | /sbin/*) path=/usr$path ;; esac
		copy_linked "$path"
	done </build/programs.txt
	install -m 755 /build/selftest "$root/usr/bin/selftest"
}

# Matches and targets of iptables, loaded by name.
copy_extensions() {
	mkdir -p "$root$libraries/xtables"
	for file in "$libraries"/xtables/*.so; do copy_linked "$file"; done
}

name_programs() {
	ln -s dash "$root/usr/bin/sh"
	ln -s mawk "$root/usr/bin/awk"
	ln -s nc.openbsd "$root/usr/bin/nc"
	for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
		for kind in legacy nft; do ln -s "xtables-$kind-multi" "$root/usr/sbin/${name%%tables*}tables-$kind${name#*tables}"; done
		ln -s xtables-legacy-multi "$root/usr/sbin/$name"
	done
}

# The small programs come from busybox, whose own shell is left out: it would run its own ip, nc and nsenter before those of the path.
name_applets() {
	while read -r applet; do ln -s busybox "$root/usr/bin/$applet"; done </build/applets.txt
}

finish() {
	find "$root$libraries" "$root/usr/bin" "$root/usr/sbin" -type f -size +4k -exec strip --strip-unneeded {} + 2>/dev/null || true
	find "$root/usr" -type f \( -path '*/bin/*' -o -path '*/sbin/*' \) -exec chmod 755 {} +
	chroot "$root" /usr/bin/busybox true
	# With this alone a container that has NET_RAW captures as any user. More would keep tcpdump from starting where a container has less.
	setcap cap_net_raw+ep "$root/usr/bin/tcpdump"
	find "$root" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
}

lay_folders
while read -r name value; do sh /build/stub-library.sh "$libraries/$name" "$value"; done </build/stubs.txt
copy_programs
copy_extensions
name_programs
name_applets
finish
