# Unpacks the tools that this node lacks into a private directory, says "tools DIRECTORY" and removes it when standard input ends,
# which it does when hairpin is gone in whatever way. First on standard input is a gzipped tar with their root file system.
# args: BYTES SHA256 ARCHITECTURE NAME… (the programs that are wanted; the node's own come first)
bytes=$1 expected=$2 architecture=$3
shift 3
umask 077
directory=''

say() { echo "hairpin: $*" >&2; }

leave() {
	trap '' HUP INT TERM PIPE
	if [ -n "$directory" ]; then rm -rf -- "$directory"; fi
}

give_up() {
	say "problem $*"
	exit 69
}

trap leave EXIT
trap 'exit 143' HUP INT TERM PIPE

case $(uname -m) in x86_64) here=amd64 ;; aarch64) here=arm64 ;; *) here=$(uname -m) ;; esac
if [ "$here" != "$architecture" ]; then give_up "the tools are for $architecture, and this node is $here"; fi
for needed in tar gzip sha256sum head; do if ! command -v "$needed" >/dev/null; then give_up "this node has no $needed to unpack them"; fi; done

# Where nothing may be executed, as often in /tmp and /run, the tools are of no use.
can_execute() {
	printf '#!/bin/sh\nexit 0\n' >"$1/try" 2>/dev/null && chmod 700 "$1/try" && "$1/try" 2>/dev/null
}

because='cannot be written to'
for place in "${HAIRPIN_TOOLS_PLACE:-/var/tmp}" /tmp /run /root /var/lib /dev/shm; do
	directory=$(mktemp -d "$place/hairpin-tools-XXXXXX" 2>/dev/null) || { directory=''; continue; }
	if can_execute "$directory"; then break; fi
	because='allow no program to be executed (noexec)'
	rm -rf -- "$directory"
	directory=''
done
if [ -z "$directory" ]; then give_up "/var/tmp, /tmp, /run, /root, /var/lib and /dev/shm $because"; fi

head -c "$bytes" >"$directory/layer" 2>"$directory/error" || give_up "$directory: $(tail -n 1 "$directory/error")"
found=$(sha256sum <"$directory/layer")
if [ "${found%% *}" != "$expected" ]; then give_up "they arrived damaged, or the disk of $directory is full"; fi
mkdir "$directory/root" "$directory/bin"
gzip -dc <"$directory/layer" 2>"$directory/error" | tar -xf - -C "$directory/root" 2>>"$directory/error"
rm -f "$directory/layer"
root=$directory/root
loader=''
for file in "$root"/lib64/ld-linux-*.so.* "$root"/lib/ld-linux-*.so.* "$root"/usr/lib/ld-linux-*.so.*; do if [ -e "$file" ]; then loader=$file; fi; done
libraries=''
for file in "$root"/usr/lib/*/libc.so.6; do libraries=${file%/*}; done
if [ -z "$loader" ] || [ ! -e "$libraries/libc.so.6" ]; then give_up "they cannot be unpacked in $directory: $(tail -n 1 "$directory/error")"; fi

# Each is started by the loader and the libraries that came with it: those of the node may be others, or none.
for name; do
	if command -v "$name" >/dev/null; then continue; fi
	for program in "$root/usr/bin/$name" "$root/usr/sbin/$name"; do
		if [ -e "$program" ]; then
			printf '#!/bin/sh\nXTABLES_LIBDIR=%s exec %s --argv0 %s --library-path %s %s "$@"\n' "$libraries/xtables" "$loader" "$name" "$libraries" "$program" >"$directory/bin/$name"
		fi
	done
done
chmod 700 "$directory"/bin/* 2>/dev/null
"$loader" --library-path "$libraries" "$root/usr/bin/busybox" true 2>/dev/null || give_up "they do not start in $directory"
echo "tools $directory/bin"
cat >/dev/null
