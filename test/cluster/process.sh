# shellcheck shell=bash
# Processes of the cluster, known by pid and start time.

say() { echo "cluster: $*" >&2; }

fail() {
	say "$*"
	exit 1
}

in_netns() { ip netns exec "$NETNS" "$@" 9>&-; }

# One at a time; a command's long-lived children do not hold the lock, since they are started without descriptor 9.
take_lock() { # NAME
	mkdir -p "$CACHE"
	exec 9>"$CACHE/$1.lock"
	flock -n 9 && return
	say "waiting for another $1 command to end"
	flock 9
}

# In clock ticks since boot, field 22 of proc(5) stat; nothing where there is no such process, or one that ended and is still in the table.
start_time() { # PID
	sed 's/.*) //; /^[ZX]/d' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

# The process notes itself before it becomes the program, so that no moment exists in which a kill loses it.
start() { # NAME CMD...
	local name=$1
	shift
	(
		cd "$RUN"
		# shellcheck disable=SC2016
		setsid sh -c 'echo "$$ $(sed "s/.*) //" /proc/$$/stat | cut -d" " -f20)" >"$1"; shift; exec ip netns exec "$@"' \
			start "$name.pid" "$NETNS" "$@" </dev/null >"$name.log" 2>&1 9>&- &
	)
}

is_running() { # PID_FILE
	local pid started
	read -r pid started <"$1" && [ "$(start_time "$pid")" = "$started" ]
}

require_running() {
	local file name
	for file in "$RUN"/*.pid; do
		is_running "$file" && continue
		name=$(basename "$file" .pid)
		tail -n 20 "$RUN/$name.log" >&2
		fail "$name ended by itself"
	done
}

wait_until() { # SECONDS WHAT CMD...
	local deadline=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		require_running
		[ $SECONDS -lt "$deadline" ] || fail "gave up waiting: $what"
		sleep 0.3
	done
}

ancestors() {
	local pid=$$
	while [ "$pid" -gt 1 ]; do
		echo "$pid"
		pid=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f2)
	done
}

others_in_netns() {
	[ -e "/run/netns/$NETNS" ] || return 0
	ip netns pids "$NETNS" | grep -vxFf <(ancestors) || true
}

# Its pid file goes first, so that it is not missed.
stop_one() { # NAME
	local pid
	read -r pid _ <"$RUN/$1.pid"
	rm "$RUN/$1.pid"
	kill -KILL -- "-$pid"
	while [ -n "$(start_time "$pid")" ]; do sleep 0.1; done
}

stop_recorded() {
	local file pid
	for file in "$RUN"/*.pid; do
		[ -s "$file" ] && is_running "$file" || continue
		read -r pid _ <"$file"
		kill -KILL -- "-$pid" 2>/dev/null || true
	done
}

# Whatever else runs in the cluster's own namespace came there through the cluster and has no network without it.
stop_all() {
	local deadline=$((SECONDS + 30)) pid
	stop_recorded
	while pid=$(others_in_netns) && [ -n "$pid" ]; do
		# shellcheck disable=SC2086
		kill -KILL $pid 2>/dev/null || true
		[ $SECONDS -lt $deadline ] || fail "these processes do not end: ${pid//$'\n'/ }"
		sleep 0.1
	done
}
