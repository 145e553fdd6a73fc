# shellcheck shell=bash
# Can the cluster run on this machine?

skip() {
	echo "skipped: $*"
	exit 77
}

require_able_machine() {
	[ "$(uname -sm)" = 'Linux x86_64' ] || skip "the test cluster needs Linux on x86-64, this is $(uname -sm)"
	[ "$(id -u)" = 0 ] || skip 'the test cluster needs root'
	[ -c /dev/net/tun ] || skip 'the test cluster needs /dev/net/tun'
	require_commands
	unshare --net true 2>/dev/null || skip 'the test cluster needs network namespaces'
	require_user_mode_linux
}

require_commands() {
	local command missing=()
	for command in linux.uml mmdebstrap mke2fs ssh ip openssl gcc go flock; do
		command -v "$command" >/dev/null || missing+=("$command")
	done
	[ ${#missing[@]} -eq 0 ] || skip "not installed: ${missing[*]} (apt-get install golang ${PACKAGES[*]})"
	[ -x "$(static_busybox)" ] || skip 'not installed: a static busybox (apt-get install busybox-static)'
}

static_busybox() { echo /bin/busybox; }

# Where ptrace or executable shared memory is forbidden, the kernel gives up before its first line.
require_user_mode_linux() {
	local folder output
	folder=$(mktemp -d)
	output=$(timeout 30 linux.uml mem=64M uml_dir="$folder/" con=null con0=null,fd:1 ssl=null </dev/null 2>&1 || true)
	rm -rf "$folder"
	[[ $output == *'Linux version'* ]] || skip "user-mode-linux does not start here: $(tail -n 1 <<<"$output")"
}
