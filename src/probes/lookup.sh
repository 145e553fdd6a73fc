# Asks a name server for the addresses of a name by UDP (RFC 1035), as the resolver of a pod does, and prints what it says.
# args: SERVER NAME TYPE(1 for A, 28 for AAAA) SECONDS
# Prints "lookup answered RCODE" and "address IP" for each; or "lookup refused|unreachable|unanswered".
server=$1 name=$2 type=$3 seconds=$4

# The header has an id, "recursion desired" and one question.
# Prints the bytes of the answer as numbers; and in words what the kernel said.
ask() {
	# shellcheck disable=SC2016
	LC_ALL=C bash -c '
		question="HP\1\0\0\1\0\0\0\0\0\0"
		IFS=.
		for label in $2; do question+="\\$(printf %03o "${#label}")$label"; done
		exec 3<>"/dev/udp/$1/53" || exit
		printf "$question\0\0\\$(printf %03o "$3")\0\1" >&3
		# A datagram is read whole or lost: cat does, and bash takes it byte by byte from there.
		exec 4< <(exec timeout "$4" cat <&3)
		patience=$4
		while IFS= read -r -d "" -n 1 -t "$patience" -u 4 byte; do printf "%d " "\"$byte"; patience=0.1; done
		echo
		kill "$!" 2>/dev/null' lookup "$server" "$name" "$type" "$seconds" 2>&1
}

# Addresses among the answers: a name is labels that end with 0, or with a pointer of two bytes to where it stands already.
read_answer() {
	awk -v type="$type" '
		function pair(at) { return byte[at] * 256 + byte[at + 1] }
		function skip_name(at) {
			while (at < count && byte[at] > 0 && byte[at] < 192) at += byte[at] + 1
			return at + (byte[at] >= 192 ? 2 : 1)
		}
		function address(at, text, part) {
			text = type == 1 ? byte[at] : sprintf("%x", pair(at))
			for (part = 1; part < (type == 1 ? 4 : 8); part++) text = text (type == 1 ? "." byte[at + part] : sprintf(":%x", pair(at + 2 * part)))
			return text
		}
		/^[0-9 ]+$/ { for (field = 1; field <= NF; field++) byte[count++] = $field }
		END {
			if (count < 12 || pair(0) != 18512 || byte[2] < 128) exit 1
			print "lookup answered " byte[3] % 16
			at = 12
			for (left = pair(4); left > 0 && at < count; left--) at = skip_name(at) + 4
			for (left = pair(6); left > 0 && at < count; left--) {
				at = skip_name(at)
				if (pair(at) == type && pair(at + 8) == (type == 1 ? 4 : 16)) print "address " address(at + 10)
				at += 10 + pair(at + 8)
			}
		}'
}

for tool in bash timeout cat awk; do if ! command -v "$tool" >/dev/null; then echo "$tool is missing" >&2 && exit 69; fi; done
# A packet may be lost by chance.
for _ in 1 2; do
	said=$(ask)
	if echo "$said" | read_answer; then exit; fi
	case $said in
	*refused*) echo 'lookup refused' && exit ;;
	*unreachable* | *'No route'*) echo 'lookup unreachable' && exit ;;
	esac
done
echo 'lookup unanswered'
