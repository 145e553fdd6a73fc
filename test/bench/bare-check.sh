#!/usr/bin/env bash
# The same round trips as `hairpin check`, with nothing in between: what a verdict cannot be faster than.
# args: SSH_CONFIG SOURCES(src of this project) CLIENT_NODE OTHER_NODE CLIENT_POD BACKEND_POD CLIENT_IP BACKEND_IP OTHER_IP
set -euo pipefail
config=$1 sources=$2 node=$3 other_node=$4 client=$5 backend=$6 client_ip=$7 backend_ip=$8 other_ip=$9
vip=10.98.171.178 port=8080
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pods=/api/v1/namespaces/default/pods

raw() { kubectl get --raw "$1" >"$work/$2.json"; }
master() { ssh -F "$config" -o ControlMaster=yes -o ControlPath="$work/$1" -T "$1" 'echo ready; exec cat' <"$work/hold" >"$work/$1.ready" & }
at() { local where=$1; shift; ssh -F "$config" -o ControlPath="$work/$where" -T "$where" "$@"; }
enter() { # NODE IP: a script on standard input, in the network namespace of the pod with that address
	at "$1" "pid=\$(grep -sF -A1 -e '|-- $2' /proc/[0-9]*/net/fib_trie | awk '/host LOCAL/ {split(\$0, f, \"/\"); print f[3]; exit}'); exec nsenter --net=/proc/\$pid/ns/net sh -s $3"
}
probe() { enter "$1" "$2" "-- $3 $4 tcp 3 1" <"$sources/probes/probe.sh" >/dev/null; }
listen() { # NAME NODE COMMAND: until standard input ends
	at "$2" "$3 2>&1 >/dev/null & cat >/dev/null; kill -TERM \$!; wait" <"$work/hold" >"$work/$1.log" &
}

mkfifo "$work/hold"
exec 9<>"$work/hold"
raw /api/v1/namespaces/default/services/nginx service & raw '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dnginx' slices &
raw "$pods/$client" client & raw /version version & wait
raw "$pods/$backend" backend & raw "$pods?limit=20" others & raw "/api/v1/nodes/$node" node & raw "/api/v1/nodes/$other_node" other & wait
master "$node"; master "$other_node"
until [ -s "$work/$node.ready" ] && [ -s "$work/$other_node.ready" ]; do sleep 0.02; done
reading=()
for where in "$node" "$other_node"; do at "$where" "sh -s -- $vip 0A62ABB2 $backend_ip" < <(cat "$sources/evidence/rule-programs.sh" "$sources/evidence/node.sh") >"$work/$where.out" & reading+=($!); done
for ip in "$client_ip" "$backend_ip"; do enter "$node" "$ip" '' <"$sources/evidence/pod.sh" >"$work/$ip.out" & reading+=($!); done
tap="tcpdump -p -nn -s 256 -U --immediate-mode -w -"
for ip in "$client_ip" "$backend_ip"; do
	listen "tap-$ip" "$node" "pid=\$(grep -sF -A1 -e '|-- $ip' /proc/[0-9]*/net/fib_trie | awk '/host LOCAL/ {split(\$0, f, \"/\"); print f[3]; exit}'); nsenter --net=/proc/\$pid/ns/net $tap -i eth0"
done
listen tap-node "$node" "$tap -i any host $client_ip"
for name in "tap-$client_ip" "tap-$backend_ip" tap-node; do until grep -q 'listening on' "$work/$name.log"; do sleep 0.02; done; done
wait "${reading[@]}"
probes=()
probe "$node" "$client_ip" "$backend_ip" 80 & probes+=($!)
probe "$node" "$backend_ip" "$vip" "$port" & probes+=($!)
probe "$other_node" "$other_ip" "$vip" "$port" & probes+=($!)
probe "$other_node" "$other_ip" "$backend_ip" 80 & probes+=($!)
at "$node" "sh -s -- $vip $port tcp 3 1" <"$sources/probes/probe.sh" >/dev/null & probes+=($!)
probe "$node" "$client_ip" "$vip" "$port" & decided=$!
wait "${probes[@]}"
kill "$decided" 2>/dev/null || true
exec 9>&-
for where in "$node" "$other_node"; do at "$where" -O exit 2>/dev/null || true; done
