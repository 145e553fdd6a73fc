# Runs one command, its words as they were given, for at most so many seconds.
# args: SECONDS WORD...
seconds=$1
shift
if command -v timeout >/dev/null 2>&1; then
	exec timeout -k 1 "$seconds" "$@" </dev/null
fi
exec "$@" </dev/null
