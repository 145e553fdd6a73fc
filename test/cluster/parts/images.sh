#!/usr/bin/env bash
# images.sh FOLDER BUSYBOX: the container images, each a tar file as `ctr images import` reads it.
set -euo pipefail
out=$1 busybox=$2
source=$(cd "$(dirname "$0")/../images" && pwd)

sha256() { sha256sum "$1" | cut -d' ' -f1; }

plain_tar() { # FILE FOLDER NAME...: the same bytes from the same content
	local file=$1 folder=$2
	shift 2
	tar --create --file "$file" --directory "$folder" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 "$@"
}

# The layout of `docker save`: a manifest that names the configuration and the layers.
pack_image() { # NAME ROOT COMMAND
	local name=$1 root=$2 work=$2.image
	mkdir "$work"
	plain_tar "$work/layer.tar" "$root" .
	cat >"$work/config.json" <<-JSON
		{"architecture": "amd64", "os": "linux",
		 "config": {"Cmd": ["$3"], "Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]},
		 "rootfs": {"type": "layers", "diff_ids": ["sha256:$(sha256 "$work/layer.tar")"]}}
	JSON
	echo "[{\"Config\": \"config.json\", \"RepoTags\": [\"hairpin.test/$name:1\"], \"Layers\": [\"layer.tar\"]}]" >"$work/manifest.json"
	plain_tar "$out/$name.tar" "$work" manifest.json config.json layer.tar
	rm -rf "$root" "$work"
}

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
pack_image pause "$out/pause" /pause
fill_busybox
pack_image busybox "$out/busybox" /bin/sh
