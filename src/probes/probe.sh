# Makes connections and prints one line for each: "attempt OUTCOME MICROSECONDS". Uses whatever tool is in reach.
# args: IP PORT PROTOCOL(tcp|udp) SECONDS TRIES
ip=$1 port=$2 protocol=$3 seconds=$4 tries=$5

outcome_of() { # EXIT_CODE WHAT_IT_SAID
	case "$1:$2" in
	0:*) echo open ;;
	124:* | 137:* | 143:* | *[Tt]imed\ out* | *timeout*) echo timeout ;;
	*[Rr]efused*) echo refused ;;
	*unreachable* | *'No route'* | *[Nn]etwork\ is\ down*) echo unreachable ;;
	*) echo error ;;
	esac
}

# On a node that is busy the time can be over before bash has begun: nobody was asked then, and it is tried anew.
with_bash() {
	for _ in 1 2 3; do
		heard=$(connect_by_bash)
		code=$?
		case $heard in
		*began*) break ;;
		*) code=1 heard="$heard could not begin within $seconds s" ;;
		esac
	done
	echo "$heard"
	return "$code"
}

connect_by_bash() {
	# bash opens /dev/tcp/HOST/PORT itself and knows the time without another process.
	# shellcheck disable=SC2016
	timeout -s KILL "$seconds" bash -c '
		start=${EPOCHREALTIME/[.,]/}
		echo began
		exec 3<>"/dev/$3/$1/$2"
		code=$?
		if [ "$code" = 0 ] && [ "$3" = udp ]; then
			question="hairpin\n"
			if [ "$2" = 53 ]; then question="\x48\x50\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01"; fi
			printf "$question" >&3
			IFS= read -r -N 1 -u 3
			code=$?
		fi
		echo "took $((${EPOCHREALTIME/[.,]/} - start))"
		exit "$code"' probe "$ip" "$port" "$protocol" 2>&1
}

with_nc() {
	if [ "$protocol" = udp ]; then
		answer=$(printf 'hairpin\n' | timeout "$seconds" nc -u -w "$seconds" "$ip" "$port" 2>&1 | head -c 1)
		if [ -n "$answer" ]; then return 0; fi
		return 124
	fi
	timeout "$((seconds + 1))" nc -v -z -w "$seconds" "$ip" "$port" 2>&1
}

with_curl() {
	# telnet:// connects and waits for input; 28 is curl's time-out, 49 and the like mean that it was connected.
	error=$(curl -sS --connect-timeout "$seconds" --max-time "$seconds" "telnet://$ip:$port" </dev/null 2>&1)
	code=$?
	case "$code:$error" in
	0:* | 28:*Operation*) code=0 ;;
	28:*) code=124 ;;
	esac
	echo "$error"
	return "$code"
}

# That of busybox knows no -z: it would wait for an end that never comes, which looks like a time-out of the connection.
is_busybox_nc() { nc -h 2>&1 | grep -q BusyBox; }

choose_tool() {
	if command -v bash >/dev/null && command -v timeout >/dev/null && bash -c '[ -n "$EPOCHREALTIME" ]'; then echo bash
	elif command -v nc >/dev/null && command -v timeout >/dev/null && ! is_busybox_nc; then echo nc
	elif command -v curl >/dev/null && [ "$protocol" = tcp ]; then echo curl
	else echo none; fi
}

attempt() {
	read -r before _ </proc/uptime
	said=$("with_$tool")
	code=$?
	read -r after _ </proc/uptime
	took=${said##*took }
	case $took in
	*[!0-9]* | '') took=$(((${after%.*}${after#*.} - ${before%.*}${before#*.}) * 10000)) ;;
	esac
	echo "attempt $(outcome_of "$code" "$said") $took"
}

tool=$(choose_tool)
echo "tool $tool"
if [ "$tool" = none ]; then exit 69; fi
started=0
while [ "$started" -lt "$tries" ]; do
	attempt &
	started=$((started + 1))
done
wait
echo "done"
