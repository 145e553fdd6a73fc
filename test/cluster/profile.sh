# shellcheck shell=bash
# How kube-proxy is deployed: as a systemd unit on every node, or as a DaemonSet with a ConfigMap.

set_profile() { # daemonset|units
	case $1 in
		daemonset) to_daemonset ;;
		units) to_units ;;
		*) fail "profile daemonset or units is wanted, not: $1" ;;
	esac
}

on_nodes() { # CMD: on all nodes at once
	local n job jobs=()
	for n in $(node_numbers); do
		node_ssh "$n" "$1" &
		jobs+=($!)
	done
	for job in "${jobs[@]}"; do wait "$job" || fail "could not run on every node: $1"; done
}

is_daemonset() { [ -n "$(run_kubectl --namespace kube-system get daemonset/kube-proxy --ignore-not-found --output name)" ]; }

proxy_config_map() {
	sed 's|kubeconfig: .*|kubeconfig: /var/lib/kube-proxy/kubeconfig.conf|' "$HERE/node/var/lib/kube-proxy/config.yaml" >"$RUN/config.conf"
	node_ssh 1 cat /etc/kubernetes/kube-proxy.kubeconfig >"$RUN/kubeconfig.conf"
	run_kubectl --namespace kube-system create configmap kube-proxy --from-file "$RUN/config.conf" --from-file "$RUN/kubeconfig.conf" --dry-run=client --output yaml
}

to_daemonset() {
	on_nodes 'systemctl disable --quiet --now kube-proxy'
	proxy_config_map | run_kubectl apply -f - >/dev/null
	run_kubectl apply -f "$HERE/workload/kube-proxy.yaml" >/dev/null
	wait_until 120 'the pods of kube-proxy' run_kubectl --namespace kube-system rollout status daemonset/kube-proxy --timeout=5s
	wait_until 60 "the Service's rules on every node" rules_are_there
	say "kube-proxy is a DaemonSet ($SECONDS s)"
}

to_units() {
	run_kubectl --namespace kube-system delete daemonset/kube-proxy configmap/kube-proxy --ignore-not-found >/dev/null
	wait_until 60 'the pods of kube-proxy to end' proxy_pods_are_gone
	on_nodes 'systemctl enable --quiet --now kube-proxy'
	wait_until 60 "the Service's rules on every node" rules_are_there
	say "kube-proxy is a unit on every node ($SECONDS s)"
}

proxy_pods_are_gone() { [ -z "$(run_kubectl --namespace kube-system get pods --selector k8s-app=kube-proxy --output name)" ]; }

# kube-proxy answers before its rules are there, and refuses Services meanwhile.
rules_are_there() {
	local n
	for n in $(node_numbers); do
		node_ssh "$n" "curl -sf -o /dev/null 127.0.0.1:10256/healthz && ipset list KUBE-CLUSTER-IP | grep -q '^${VIP%:*},tcp:${VIP#*:}'" || return 1
	done
	is_programmed
}
