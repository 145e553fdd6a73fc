#!/usr/bin/env bash
# images.sh FOLDER BUSYBOX: the container images, each a tar file as `ctr images import` reads it.
set -euo pipefail
out=$1 busybox=$2
source=$(cd "$(dirname "$0")/../images" && pwd)

# shellcheck source=pack-image.sh
. "$(dirname "$0")/pack-image.sh"

fill_pause() {
	mkdir "$out/pause"
	gcc -static -Os -s -o "$out/pause/pause" "$source/pause.c"
}

fill_busybox() {
	local root=$out/busybox applet
	mkdir -p "$root"/{bin,etc,proc,sys,tmp,var/www}
	install -m 755 "$busybox" "$root/bin/busybox"
	for applet in $("$busybox" --list); do
		[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
	done
	gcc -static -Os -s -o "$root/bin/udp-echo" "$source/udp-echo.c"
	install -m 644 "$source/index.html" "$root/var/www/index.html"
	echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
}

fill_pause
pack_image "$out" pause "$out/pause" /pause
fill_busybox
pack_image "$out" busybox "$out/busybox" /bin/sh
