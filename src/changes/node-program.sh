# Reads, changes and restores settings of the node it runs on. It keeps a journal beside them, written before each step, so that
# a step that was begun can be undone whatever happened since: to us, to the connection, or to the node.
# Prints "@@word …" lines. A setting is KIND NAME VALUE:
#   file PATH sha256:HEX|absent · sysctl KEY VALUE|absent · module NAME loaded|absent · bridge-port VETH 0|1|absent (hairpin_mode)
#   bridge-flag "BRIDGE FLAG" 0|1|absent · rule "PROGRAM TABLE CHAIN WORDS" present|absent
# args: PROGRAM_TEXT VERB DIRECTORY …; DIRECTORY is the journal of one change on this node.
# shellcheck shell=sh
umask 077
root=${HAIRPIN_ROOT-}
text=$1 verb=$2 directory=$3
shift 3

say() { printf '@@%s\n' "$*"; }

# Nothing that was begun is left half done because nobody listens any more.
trap '' HUP INT TERM PIPE

hash_of() { sha256sum <"$1" | { read -r sum _ && echo "sha256:$sum"; }; }

real_path() { if [ -z "$root" ] && [ -L "$1" ]; then readlink -f -- "$1"; else printf '%s\n' "$root$1"; fi; }

is_there() { # RULE: with a word for each argument, none of which has a blank
	set -f
	# shellcheck disable=SC2086
	set -- $1
	set +f
	program=$1 table=$2
	shift 2
	"$program" -w 10 -t "$table" -C "$@" 2>/dev/null
}

present_value() { # KIND NAME
	case $1 in
	file) path=$(real_path "$2"); if [ -f "$path" ]; then hash_of "$path"; elif [ -e "$path" ]; then echo other; else echo absent; fi ;;
	# Not by the shell's own read: that takes one byte at a time, and the kernel gives a number only once (proc_dointvec).
	sysctl) cat "/proc/sys/$2" 2>/dev/null || echo absent ;;
	module) if [ -d "/sys/module/$2" ]; then echo loaded; else echo absent; fi ;;
	bridge-port) cat "/sys/class/net/$2/brport/hairpin_mode" 2>/dev/null || echo absent ;;
	bridge-flag) cat "/sys/class/net/${2%% *}/bridge/${2#* }" 2>/dev/null || echo absent ;;
	rule) if is_there "$2"; then echo present; else echo absent; fi ;;
	esac
}

# Written beside it and renamed, so that nobody ever reads half a file; the new one has owner, mode and labels of the old one.
write_file() { # PATH SOURCE|absent MODEL
	path=$(real_path "$1")
	temporary=${path%/*}/.${path##*/}.hairpin
	if [ "$2" = absent ]; then rm -f -- "$path" "$temporary" && sync "${path%/*}" && return; fi
	rm -f -- "$temporary" || return
	if [ -e "$3" ]; then cp -a -- "$3" "$temporary" || return; fi
	cat -- "$2" >"$temporary" || { rm -f -- "$temporary"; return 1; }
	if ! [ -e "$3" ]; then
		chmod 644 "$temporary"
		# A new file gets the label of its place, where there are labels.
		if command -v restorecon >/dev/null; then mv -f -- "$temporary" "$path" && restorecon "$path" && sync "$path" "${path%/*}" && return; fi
	fi
	sync "$temporary" && mv -f -- "$temporary" "$path" && sync "${path%/*}"
}

write_rule() { # RULE present|absent
	is_wanted=$2
	set -f
	# shellcheck disable=SC2086
	set -- $1
	set +f
	program=$1 table=$2
	shift 2
	if [ "$is_wanted" = present ]; then "$program" -w 10 -t "$table" -I "$@"; else "$program" -w 10 -t "$table" -D "$@"; fi
}

write_value() { # KIND NAME VALUE SOURCE MODEL
	case $1:$3 in
	file:absent) write_file "$2" absent '' ;;
	file:*) write_file "$2" "$4" "$5" ;;
	sysctl:absent) : ;; # goes with its module
	sysctl:*) printf '%s\n' "$3" >"/proc/sys/$2" ;;
	module:loaded) modprobe "$2" ;;
	# Never modprobe -r: it takes the bridge module along, and with it the network of every pod.
	module:*) rmmod "$2" ;;
	bridge-port:[01]) ip link set dev "$2" type bridge_slave hairpin "$(if [ "$3" = 1 ]; then echo on; else echo off; fi)" || printf '%s\n' "$3" >"/sys/class/net/$2/brport/hairpin_mode" ;;
	bridge-flag:[01]) printf '%s\n' "$3" >"/sys/class/net/${2%% *}/bridge/${2#* }" ;;
	rule:*) write_rule "$2" "$3" ;;
	esac
}

# Images with few tools have od at least.
print_bytes() { if command -v base64 >/dev/null; then echo "bytes $1 $(base64 -w 0 <"$2")"; else echo "hex $1 $(od -An -v -tx1 <"$2" | tr -d ' \n')"; fi; }

read_settings() { # KIND NAME …: the present value of each; of files the bytes instead
	number=0
	while [ $# -ge 2 ]; do
		path=$(real_path "$2")
		if [ "$1" = file ] && [ -f "$path" ]; then say "$(print_bytes "$number" "$path")"; else say "value $number $(present_value "$1" "$2")"; fi
		number=$((number + 1))
		shift 2
	done
	say end
}

decode_to() { # WANTED FILE
	case $1 in base64:*) printf '%s' "${1#base64:}" | base64 -d >"$2" ;; *) : ;; esac
}

wanted_value() { # WANTED: as present_value tells it
	case $1 in base64:*) printf '%s' "${1#base64:}" | base64 -d | sha256sum | { read -r sum _ && echo "sha256:$sum"; } ;; *) printf '%s\n' "$1" ;; esac
}

# The entry of one step is there as a whole or not at all.
enter_step() { # NUMBER KIND NAME BEFORE WANTED
	entry=$directory/$1
	if [ -d "$entry" ]; then return; fi
	rm -rf "$entry.new"
	mkdir -p "$entry.new" || return
	printf '%s' "$2" >"$entry.new/kind" && printf '%s' "$3" >"$entry.new/name" && printf '%s' "$4" >"$entry.new/before" || return
	wanted_value "$5" | tr -d '\n' >"$entry.new/after" && decode_to "$5" "$entry.new/content" || return
	if [ "$2" = file ] && [ "$4" != absent ]; then cp -a -- "$(real_path "$3")" "$entry.new/original" || return; fi
	sync "$entry.new"/* || return
	mv "$entry.new" "$entry" && sync "$directory"
}

refuse_changed() { # KIND NAME BEFORE WANTED …: nothing is begun where one setting is not as it was when the change was shown
	number=0
	while [ $# -ge 4 ]; do
		now=$(present_value "$1" "$2")
		if [ "$now" != "$3" ] && [ "$now" != "$(wanted_value "$4")" ]; then say "changed $number $now"; return 1; fi
		number=$((number + 1))
		shift 4
	done
}

do_steps() { # KIND NAME BEFORE WANTED …
	number=0
	while [ $# -ge 4 ]; do
		now=$(present_value "$1" "$2")
		if [ "$now" = "$(wanted_value "$4")" ] && ! [ -d "$directory/$number" ]; then
			say "already $number"
		else
			if ! message=$(enter_step "$number" "$1" "$2" "$3" "$4" 2>&1); then say "failed $number $message"; return 1; fi
			say "begun $number"
			if ! message=$(write_value "$1" "$2" "$(wanted_value "$4")" "$directory/$number/content" "$directory/$number/original" 2>&1); then say "failed $number $message"; return 1; fi
			say "done $number"
		fi
		number=$((number + 1))
		shift 4
	done
}

restart_units() {
	status=0
	while read -r unit; do
		say "restarting $unit"
		if message=$(systemctl restart "$unit" 2>&1); then say "restarted $unit"; else say "restart-failed $unit $message"; status=1; fi
	done <"$directory/units"
	return "$status"
}

timer_unit() { echo "hairpin-undo-${directory##*/}"; }

# The node itself undoes it, unless somebody keeps it.
arm_timer() { # SECONDS
	if [ "$1" -eq 0 ]; then return; fi
	if [ -d /run/systemd/system ]; then
		systemd-run --quiet --collect --on-active="$1" --timer-property=AccuracySec=100ms --unit="$(timer_unit)" flock -w 300 /var/lib sh "$directory/program" '' undo "$directory"
	else
		# Once its time is over it is none any more, so that it does not end itself.
		setsid sh -c 'sleep "$1" && rm -f "$2/timer" && exec flock -w 300 /var/lib sh "$2/program" "" undo "$2"' timer "$1" "$directory" </dev/null >/dev/null 2>&1 8<&- &
		echo "$!" >"$directory/timer"
	fi
}

disarm_timer() {
	if [ -d /run/systemd/system ]; then systemctl stop "$(timer_unit).timer" 2>/dev/null; fi
	# It inherited that TERM is ignored. After a reboot the number may be that of another process.
	if [ -e "$directory/timer" ]; then
		if read -r pid <"$directory/timer" && grep -qsF "$directory" "/proc/$pid/cmdline"; then kill -s KILL -- "-$pid" 2>/dev/null; fi
		rm -f "$directory/timer"
	fi
}

open_journal() { # SECONDS UNITS
	mkdir -p "$directory" || return
	# A shell's own printf would not tell that the disk is full.
	printf '%s\n' "$text" | cat >"$directory/program" || return
	printf '%s' "$2" | tr ',' '\n' >"$directory/units" || return
	[ -z "$2" ] || echo >>"$directory/units" || return
	sync "$directory/program" && sync "$directory/units" && sync "${directory%/*}" && arm_timer "$1"
}

# An undo waits until whatever is at work on the same change has come to its end: it goes on although nobody listens any more.
be_alone() { if command -v flock >/dev/null && exec 8<"$directory"; then flock 8; fi; }

# Gone at once, so that a journal that is there is whole.
close_journal() {
	if [ -d "$directory" ]; then rm -rf "$directory.old" && mv "$directory" "$directory.old"; fi
	rm -rf "$directory.old"
	rmdir "${directory%/*}" "${directory%/*/*}" 2>/dev/null
	:
}

apply_change() { # SECONDS UNITS KIND NAME BEFORE WANTED …
	seconds=$1 units=$2
	shift 2
	refuse_changed "$@" || return
	if ! message=$(open_journal "$seconds" "$units" 2>&1); then say "failed - $message"; disarm_timer; [ -n "$(steps_begun)" ] || close_journal; return 1; fi
	be_alone
	if do_steps "$@" && { : >"$directory/restarting"; restart_units; }; then
		: >"$directory/applied"
		say applied
		return
	fi
	undo_change && say rolled-back
	return 1
}

steps_begun() { for entry in "$directory"/[0-9]*; do case $entry in *.new | *'*') ;; *) echo "${entry##*/}" ;; esac; done | sort -n -r; }

load_step() { # NUMBER: sets kind, name, before, after and now
	kind=$(cat "$directory/$1/kind") name=$(cat "$directory/$1/name") before=$(cat "$directory/$1/before") after=$(cat "$directory/$1/after")
	now=$(present_value "$kind" "$name")
}

# A veth or a bridge that is gone took its setting along, and a sysctl goes with its module.
is_restored() { [ "$now" = "$before" ] || { [ "$now" = absent ] && case $kind in file | rule | module) false ;; esac; }; }

show_difference() { # NUMBER
	if [ "$kind" = file ] && [ "$now" != absent ]; then diff -u "$directory/$1/content" "$(real_path "$name")" 2>/dev/null | sed -n '3,60s/^/@@difference /p'; fi
}

undo_change() {
	if ! [ -d "$directory" ]; then close_journal; say nothing; return; fi
	disarm_timer
	status=0 files=no
	for number in $(steps_begun); do
		load_step "$number"
		if ! is_restored && [ "$now" != "$after" ]; then say "changed $number $now"; show_difference "$number"; status=1; fi
	done
	[ "$status" -eq 0 ] || return 1
	for number in $(steps_begun); do
		load_step "$number"
		if is_restored; then
			if [ "$kind" = file ]; then path=$(real_path "$name") && rm -f "${path%/*}/.${path##*/}.hairpin"; fi
			continue
		fi
		if ! message=$(write_value "$kind" "$name" "$before" "$directory/$number/original" "$directory/$number/original" 2>&1); then say "failed $number $message"; return 1; fi
		if [ "$kind" = file ]; then files=yes; fi
		say "restored $number"
	done
	for number in $(steps_begun); do
		load_step "$number"
		is_restored || { say "failed $number it is $now"; return 1; }
	done
	if [ "$files" = yes ] || [ -e "$directory/restarting" ]; then restart_units || return; fi
	close_journal
	say undone
}

tell_journal() { # what is here of this change
	if ! [ -d "$directory" ]; then say nothing; return; fi
	for number in $(steps_begun); do
		load_step "$number"
		if is_restored; then word=restored; elif [ "$now" = "$after" ]; then word=changed-by-us; else word=changed-since; fi
		say "step $number $word"
	done
	if [ -e "$directory/applied" ]; then say applied; fi
	if [ -e "$directory/timer" ] || systemctl is-active --quiet "$(timer_unit).timer" 2>/dev/null; then say armed; fi
	say end
}

case $verb in
read) read_settings "$@" ;;
apply) apply_change "$@" ;;
undo)
	if [ -d "$directory" ]; then be_alone; fi
	undo_change
	;;
keep) if [ -d "$directory" ]; then disarm_timer; say kept; else say nothing; fi ;;
tell) tell_journal ;;
esac
