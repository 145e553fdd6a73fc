# shellcheck shell=bash
# pack_image: what images.sh and debug.sh share.

sha256() { sha256sum "$1" | cut -d' ' -f1; }

plain_tar() { # FILE FOLDER NAME...: the same bytes from the same content
	local file=$1 folder=$2
	shift 2
	tar --create --file "$file" --directory "$folder" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 "$@"
}

# The layout of `docker save`: a manifest that names the configuration and the layers.
pack_image() { # FOLDER NAME ROOT COMMAND
	local out=$1 name=$2 root=$3 command=$4 work=$3.image
	mkdir "$work"
	plain_tar "$work/layer.tar" "$root" .
	cat >"$work/config.json" <<-JSON
		{"architecture": "amd64", "os": "linux",
		 "config": {"Cmd": ["$command"], "Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]},
		 "rootfs": {"type": "layers", "diff_ids": ["sha256:$(sha256 "$work/layer.tar")"]}}
	JSON
	echo "[{\"Config\": \"config.json\", \"RepoTags\": [\"hairpin.test/$name:1\"], \"Layers\": [\"layer.tar\"]}]" >"$work/manifest.json"
	plain_tar "$out/$name.tar" "$work" manifest.json config.json layer.tar
	rm -rf "$root" "$work"
}
