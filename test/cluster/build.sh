# shellcheck shell=bash
# The cached parts. A part's folder is named by a hash of all that goes into it and appears only when it is complete.

hash_of() { # TEXT PATH...
	local text=$1
	shift
	{
		echo "$text"
		(cd "$HERE" && find "$@" -type f -print0 | sort -z | xargs -0 sha256sum)
	} | sha256sum | cut -c1-16
}

kube_part() { echo "$CACHE/kube-$(hash_of "$(cd / && go version)" kube parts/kube.sh)"; }
images_part() { echo "$CACHE/images-$(hash_of "$(sha256sum <"$(static_busybox)")" images parts/images.sh parts/pack-image.sh)"; }
debug_part() { echo "$CACHE/debug-$(hash_of "$(debian_part)" parts/debug.sh parts/pack-image.sh)"; }
debian_part() { echo "$CACHE/debian-$(hash_of '' parts/debian.sh)"; }
disk_part() { echo "$CACHE/disk-$(hash_of "$(debian_part) $(images_part) $(debug_part) $(sha256sum <"$(command -v linux.uml)")" node parts/disk.sh)"; }

image_part() { echo "$CACHE/image-$(hash_of "$(grep '"version"' "$HERE/../../package.json")" parts/image.sh ../../images/debug ../../Dockerfile.debug)"; }

make_part() { # FOLDER WHAT INPUT...
	local folder=$1 what=$2 name new
	shift 2
	if [ -d "$folder" ]; then
		touch "$folder"
		return
	fi
	name=$(basename "$folder")
	new=$CACHE/unfinished/$name
	say "making $what"
	rm -rf "$new"
	mkdir -p "$new"
	bash "$HERE/parts/${name%-*}.sh" "$new" "$@" >&2 || fail "could not make $what"
	mv "$new" "$folder"
	say "made $what ($((SECONDS / 60)) min $((SECONDS % 60)) s since the start)"
}

# Every process of a build holds the lock, also one that outlives a killed build: what lies in `unfinished` has no writer.
begin_build() {
	mkdir -p "$CACHE"
	exec 8>"$CACHE/build.lock"
	flock -n 8 || say 'waiting for another build to end'
	flock 8
	rm -rf "$CACHE/unfinished"
}

build_parts() {
	is_built && return
	require_able_machine
	begin_build
	make_part "$(kube_part)" 'Kubernetes, which takes some minutes' &
	local kube=$!
	make_disk_and_its_parts &
	wait $! || { wait; exit 1; }
	wait "$kube" || exit 1
	remove_old_parts
	exec 8>&-
}

make_disk_and_its_parts() {
	make_part "$(images_part)" 'the container images' "$(static_busybox)"
	make_part "$(debian_part)" "the nodes' Debian"
	make_part "$(debug_part)" 'the image with the tools' "$(debian_part)"
	make_part "$(disk_part)" "the nodes' disk" "$(debian_part)" "$(images_part)" "$(debug_part)"
}

# Nothing in the cluster itself is made of it.
build_image() {
	begin_build
	make_part "$(image_part)" 'the debug image'
	exec 8>&-
	echo "$(image_part)/hairpin-debug-amd64.tar"
}

is_built() { [ -d "$(kube_part)" ] && [ -d "$(disk_part)" ]; }

remove_old_parts() {
	find "$CACHE" -mindepth 1 -maxdepth 1 -type d -name '*-*' -mtime +7 -exec rm -rf {} +
}
