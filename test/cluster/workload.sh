# shellcheck shell=bash
# The founding workload, and the way back to it.

FOUNDING_OBJECTS='^(Pod/mars[1-3]|Pod/nginx-app-.*|Deployment/nginx-app|Service/(nginx|kubernetes)|ConfigMap/kube-root-ca.crt|Namespace/(default|kube-.*))$'
FOREIGN_KINDS=pods,deployments,daemonsets,statefulsets,jobs,services,networkpolicies,configmaps,namespaces,clusterroles,clusterrolebindings

mars_pods() {
	for n in $(node_numbers); do
		echo ---
		sed "s/\(mars\|k8s\)N/\1$n/" "$HERE/workload/mars.yaml"
	done
}

founding_objects() {
	mars_pods
	echo ---
	cat "$HERE/workload/founding.yaml"
}

apply_workload() { founding_objects | run_kubectl apply --server-side --force-conflicts -f - >/dev/null; }

seed_workload() {
	[ -e "$RUN/complete" ] || fail 'it is not up'
	if [ -e "$RUN/seeded" ]; then
		reset_cluster
		return
	fi
	say 'creating the founding workload'
	# Addresses are given out in turn, and mars1 has the first one.
	mars_pods | run_kubectl apply --server-side --force-conflicts -f - >/dev/null
	wait_until 180 'the mars pods Ready' run_kubectl wait --for=condition=Ready pod --selector app=mars --timeout=5s
	apply_workload
	wait_for_workload
	on_every_node remember
	touch "$RUN/seeded"
	say "the founding workload is ready ($SECONDS s)"
}

wait_for_workload() {
	wait_until 180 'the rollout of nginx-app' run_kubectl rollout status deployment/nginx-app --timeout=5s
	wait_until 180 'pods Ready' run_kubectl wait --for=condition=Ready pod --all --timeout=5s
	wait_until 120 "the Service in every node's IPVS table" is_programmed
}

# kube-proxy follows the API by seconds: first the IPVS table, last the rule for a backend that calls itself.
is_programmed() {
	local n expected
	expected=$(run_kubectl get pods -l app=nginx -o jsonpath='{range .items[*]}{.status.podIP}:80{"\n"}{end}' | sort)
	for n in $(node_numbers); do
		[ "$(real_servers "$n")" = "$expected" ] || return 1
	done
	node_ssh 1 iptables -t nat -S KUBE-POSTROUTING | grep -q KUBE-LOOP-BACK
}

# A real server of weight 0 gets no new connections.
real_servers() { # N
	node_ssh "$1" ipvsadm -Ln -t "$VIP" | awk '$1 == "->" && $4 + 0 > 0 { print $2 }' | sort
}

on_every_node() { # WHAT: runs node-state.sh everywhere at once; what it says stands behind the node's name
	local n job jobs=()
	for n in $(node_numbers); do
		node_ssh "$n" sh -s "$1" <"$HERE/node-state.sh" 2>&1 | sed "s/^/cluster: k8s$n: /" >&2 &
		jobs+=($!)
	done
	for job in "${jobs[@]}"; do wait "$job" || fail "could not $1 the state of a node"; done
}

reset_cluster() {
	[ -e "$RUN/seeded" ] || fail 'it has no founding state yet: seed first'
	runs_api_server || restart_api_server
	! is_daemonset || to_units
	restore_objects &
	local objects=$!
	on_every_node restore
	wait "$objects" || fail 'could not restore the workload'
	wait_for_workload
	say "reset ($SECONDS s)"
}

# Replacing brings back also what a merge would leave: fields that the founding objects do not have.
restore_objects() {
	local objects foreign ending
	remove_leftovers
	objects=$(list_objects)
	foreign=$(grep -v ' ' <<<"$objects" | grep -vE "$FOUNDING_OBJECTS" || true)
	ending=$(sed -n 's/ ending$//p' <<<"$objects")
	# shellcheck disable=SC2086
	[ -z "$foreign" ] || run_kubectl delete --grace-period=1 $foreign | sed 's/^/cluster: /' >&2
	# shellcheck disable=SC2086
	[ -z "$ending" ] || run_kubectl wait --for=delete --timeout=120s $ending >/dev/null
	apply_workload
	run_kubectl replace -f "$HERE/workload/founding.yaml" >/dev/null
}

# Pods that a killed hairpin left, also in namespaces that are Kubernetes' own. A namespace goes much faster when its pods have gone.
remove_leftovers() {
	run_kubectl delete pods --all-namespaces --selector app.kubernetes.io/managed-by=hairpin --grace-period=1 2>&1 | sed '/^No resources found$/d; s/^/cluster: /' >&2
}

# Kind/name, and `ending` behind it where it is being deleted; without the roles that Kubernetes makes for itself.
list_objects() {
	run_kubectl get "$FOREIGN_KINDS" -o go-template='{{range .items}}{{$own := ""}}{{with .metadata.labels}}{{$own = index . "kubernetes.io/bootstrapping"}}{{end -}}
		{{if not $own}}{{.kind}}/{{.metadata.name}}{{if .metadata.deletionTimestamp}} ending{{end}}{{"\n"}}{{end}}{{end}}'
}
