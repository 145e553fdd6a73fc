#!/usr/bin/env bash
# build.sh FOLDER [ARCHITECTURE]: builds Dockerfile.debug with buildah, without a container daemon, and leaves in FOLDER
#   hairpin-debug-ARCHITECTURE.tar   an archive as `docker save` makes it, its layer gzipped; any container runtime loads it
#   hairpin-debug-ARCHITECTURE.spdx.json
# Needs root, buildah and mmdebstrap. The base is made here where nobody pulled it; everything else is kept outside of the checkout.
set -euo pipefail
umask 022
out=$(mkdir -p "$1" && cd "$1" && pwd) architecture=${2:-$(dpkg --print-architecture)}
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
limit=$((12 * 1024 * 1024))
base=debian:bookworm-slim name=hairpin-debug-$architecture
work=$(mktemp -d)

tidy() {
	[ ! -d "$work/storage" ] || run_buildah rm --all >/dev/null 2>&1 || true
	rm -rf "$work"
}

give_up() {
	echo "image: $*" >&2
	exit 1
}

run_buildah() { buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"; }

require_commands() {
	local command
	for command in buildah mmdebstrap gzip sha256sum; do
		command -v "$command" >/dev/null || give_up "$command is not installed (apt-get install buildah mmdebstrap)"
	done
	[ "$(id -u)" = 0 ] || give_up 'building needs root'
	[ "$architecture" = "$(dpkg --print-architecture)" ] || [ -e "/proc/sys/fs/binfmt_misc/qemu-${architecture/arm64/aarch64}" ] ||
		give_up "this machine cannot run programs of $architecture (apt-get install qemu-user-static binfmt-support)"
}

make_base() {
	mmdebstrap --quiet --variant=minbase --architectures="$architecture" --dpkgopt='path-exclude=/usr/share/{doc,man,locale}/*' bookworm "$work/base.tar"
	container=$(run_buildah from --arch "$architecture" scratch)
	run_buildah add --quiet "$container" "$work/base.tar" / >/dev/null
	run_buildah commit --quiet --rm "$container" "$base" >/dev/null
	rm "$work/base.tar"
}

build_image() {
	local version revision
	version=$(sed -nE 's/^\t"version": "(.*)",$/\1/p' "$source/package.json")
	revision=$(git -C "$source" rev-parse HEAD 2>/dev/null || echo unknown)
	run_buildah bud --quiet --isolation chroot --pull-never --arch "$architecture" --timestamp 0 --format docker \
		--build-arg VERSION="$version" --build-arg REVISION="$revision" \
		--build-arg SNAPSHOT="${SNAPSHOT:-}" --build-arg SNAPSHOT_ARCHIVE="${SNAPSHOT_ARCHIVE:-}" \
		--file "$source/Dockerfile.debug" --tag "hairpin.local/debug:$version" "$source" >/dev/null
	image=hairpin.local/debug:$version
}

# Buildah writes the layer as plain tar. Gzipped it is a quarter, and every runtime takes it so; its name in the configuration stays that of the plain one.
save_image() {
	local layer
	mkdir "$work/save"
	run_buildah push --quiet "$image" "docker-archive:$work/plain.tar:$image"
	tar --extract --file "$work/plain.tar" --directory "$work/save"
	layer=$(sed -E 's/.*"Layers":\["([^"]*)"\].*/\1/' "$work/save/manifest.json")
	tar --extract --to-stdout --file "$work/save/$layer" usr/share/sbom.spdx.json >"$work/$name.spdx.json"
	gzip -9 --no-name --stdout "$work/save/$layer" >"$work/save/layer.tar.gz"
	sed -i "s/\"$layer\"/\"layer.tar.gz\"/" "$work/save/manifest.json"
	config=$(sed -E 's/.*"Config":"([^"]*)".*/\1/' "$work/save/manifest.json")
	tar --create --file "$work/$name.tar" --directory "$work/save" --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=644 manifest.json "$config" layer.tar.gz
}

publish() {
	local size
	size=$(stat -c %s "$work/save/layer.tar.gz")
	echo "image $image ($architecture): $((size / 1024)) KiB compressed of $((limit / 1024)) KiB, config sha256:${config%.json}"
	[ "$size" -le "$limit" ] || give_up "it is larger than its limit"
	mv "$work/$name.tar" "$work/$name.spdx.json" "$out/"
}

trap tidy EXIT
require_commands
make_base
build_image
save_image
publish
