# kubelet and kube-proxy: their processes and the files that those read.
# shellcheck shell=sh disable=SC2034,SC2154 # its variables are shared with node.sh

starts_before() { # PID TICKS: whether a process of the node's own network namespace started earlier; sets start
	# shellcheck disable=SC3013 # -ef is in POSIX.1-2024
	if [ -e /proc/1/ns/net ] && ! [ "/proc/$1/ns/net" -ef /proc/self/ns/net ]; then return 1; fi
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
	# Field 22 of proc_pid_stat(5), in clock ticks since boot; the name in field 2 may hold spaces.
	# shellcheck disable=SC2086
	set -- "$2" ${stat##*) }
	start=${21}
	[ -z "$1" ] || [ "$start" -lt "$1" ]
}

# Of processes with one name the oldest is the daemon: its children are called so, too, until they exec.
find_daemons() {
	kubelet='' kubelet_ticks='' proxy='' proxy_ticks='' both='' both_ticks=''
	for directory in /proc/[0-9]*; do
		read -r comm 2>/dev/null <"$directory/comm" || continue
		pid=${directory#/proc/}
		case $comm in
		kubelet) if starts_before "$pid" "$kubelet_ticks"; then kubelet=$pid kubelet_ticks=$start; fi ;;
		kube-proxy) if starts_before "$pid" "$proxy_ticks"; then proxy=$pid proxy_ticks=$start; fi ;;
		# One process is kubelet and kube-proxy: k3s, microk8s.
		k3s | k3s-server | k3s-agent | kubelite) if starts_before "$pid" "$both_ticks"; then both=$pid both_ticks=$start; fi ;;
		esac
	done
}

print_daemon() { # NAME PID TICKS: with its words; sets config to what --config names
	section "daemon $1 $2"
	printf 'ticks %s\n' "$3"
	config='' previous='' count=0
	words=$(tr '\0' '\n' 2>/dev/null <"/proc/$2/cmdline")
	set -f
	IFS=$newline
	for word in $words; do
		if [ "$count" -ge 200 ]; then break; fi
		count=$((count + 1))
		printf '|%s\n' "$word"
		case $word in --config=*) config=${word#--config=} ;; esac
		if [ "$previous" = --config ]; then config=$word; fi
		previous=$word
	done
	unset IFS
	set +f
}

# A file as the process sees it, which may be in a container; without --config it is empty.
file_of() { # PID
	case $config in '') file='' ;; /*) file=/proc/$1/root$config ;; *) file=/proc/$1/cwd/$config ;; esac
}

config_of_unit() { # NAME: what the unit's --config names, where no such process runs
	config=$(grep -hos -e '--config[= ][^ "]*' "/etc/systemd/system/$1.service" "/etc/systemd/system/$1.service.d/"*.conf "/usr/lib/systemd/system/$1.service" "/lib/systemd/system/$1.service")
	config=${config%%"$newline"*}
	config=${config#--config?}
	case $config in /*) file=$config ;; *) config='' file='' ;; esac
}

# Sets kubelet_config and proxy_config to the paths that the daemons name, and kubelet_file and proxy_file to where they are read.
print_daemons() {
	find_daemons
	config='' file=''
	if [ -n "$kubelet" ]; then print_daemon kubelet "$kubelet" "$kubelet_ticks"; file_of "$kubelet"
	elif [ -n "$both" ]; then print_daemon kubelet "$both" "$both_ticks"; config='' # its --config is the distribution's own
	else config_of_unit kubelet; fi
	kubelet_config=$config kubelet_file=$file config='' file=''
	if [ -n "$proxy" ]; then print_daemon kube-proxy "$proxy" "$proxy_ticks"; file_of "$proxy"
	elif [ -n "$both" ]; then print_daemon kube-proxy "$both" "$both_ticks"; config=''
	else config_of_unit kube-proxy; fi
	proxy_config=$config proxy_file=$file
	section daemons-done
}

# Sets address to metricsBindAddress of kube-proxy's file, as somebody on the node reaches it.
find_metrics_address() {
	address='' count=0
	while [ -n "$proxy_file" ] && [ "$count" -lt 500 ] && read -r line; do
		count=$((count + 1))
		case $line in metricsBindAddress:*) address=${line#metricsBindAddress:} ;; esac
	done 2>/dev/null <"${proxy_file:-/dev/null}"
	address=${address%%#*}
	case $address in *\"*) address=${address#*\"} address=${address%%\"*} ;; *\'*) address=${address#*\'} address=${address%%\'*} ;; esac
	set -f
	# shellcheck disable=SC2086
	set -- $address
	set +f
	address=$1 port=10249
	case $address in *:*) port=${address##*:} ;; esac
	case $address in *[!0-9A-Fa-f.:[]]*) port=10249 address='' ;; esac
	case $port in '' | *[!0-9]*) port=10249 ;; esac
	address=${address%":$port"}
	case $address in '' | 0.0.0.0 | '[::]') address=127.0.0.1 ;; esac
	address=$address:$port
}
