# shellcheck shell=bash
# Starts and stops the control plane and the nodes.

node_numbers() { seq "$(cat "$RUN/nodes")"; }
run_kubectl() { in_netns "$(kube_part)/kubectl" --kubeconfig "$RUN/admin.kubeconfig" "$@"; }

node_ssh() { # N CMD...
	local n=$1
	shift
	in_netns ssh -F "$RUN/ssh_config" -o ControlPath="$SOCKETS/%n.ssh" "k8s$n" "$@"
}

bring_up() { # N
	[[ $1 =~ ^[123]$ ]] || fail "1 to 3 nodes, not $1"
	build_parts
	if is_up "$1"; then
		[ -e "$RUN/kube-apiserver.pid" ] || restart_api_server
		say 'it is up'
		return
	fi
	bring_down
	mkdir -p "$RUN" "$SOCKETS"
	echo "$1" >"$RUN/nodes"
	make_network
	write_access
	say "booting $1 nodes"
	for n in $(node_numbers); do boot_node "$n"; done
	start_control_plane
	register_nodes
	wait_until 300 'nodes Ready' run_kubectl wait --for=condition=Ready node --all --timeout=5s
	for n in $(node_numbers); do open_ssh "$n"; done
	wait_until 120 'the default service account' run_kubectl get serviceaccount default
	describe_cluster "$1" >"$RUN/complete"
	say "$1 nodes are Ready ($SECONDS s)"
}

describe_cluster() { echo "$1 $(kube_part) $(disk_part)"; }

is_up() { # N: is it complete, of these very parts, and are all its processes alive?
	[ "$(describe_cluster "$1")" = "$(cat "$RUN/complete" 2>/dev/null)" ] || return 1
	(require_running) 2>/dev/null
}

bring_down() {
	stop_all
	ip netns del "$NETNS" 2>/dev/null || true
	rm -rf "$RUN" "$SOCKETS"
}

make_network() {
	ip netns add "$NETNS"
	ip -n "$NETNS" link set lo up
	ip -n "$NETNS" link add lan0 type bridge
	ip -n "$NETNS" addr add "$SUBNET.1/24" dev lan0
	# A node cannot take the frames of many segments that the machine would hand it in one piece.
	ip -n "$NETNS" link set lan0 gso_max_segs 1 up
}

boot_node() { # N
	ip -n "$NETNS" tuntap add "tap$1" mode tap
	ip -n "$NETNS" link set "tap$1" master lan0 up
	start_node "$1"
}

start_node() { # N
	local name=k8s$1 tap=tap$1
	start "$name" linux.uml umid="$name" uml_dir="$SOCKETS/" mem="$NODE_MEMORY" \
		ubd0="$RUN/$name.disk,$(disk_part)/disk.img" root=/dev/ubda rw quiet \
		vec0:transport=tap,ifname="$tap",depth=128,gro=0 con=null con0=null,fd:1 ssl=null \
		systemd.machine_id="$(printf '%032x' "$1")" hairpin.node="$RUN/$name"
}

# As when its power is cut: what was not written to its disk is lost. Its pods get new addresses.
cut_power() { # N
	local before
	before=$(boot_of "$1")
	stop_one "ssh-k8s$1"
	rm -f "$SOCKETS/k8s$1.ssh"
	stop_one "k8s$1"
	start_node "$1"
	open_ssh "$1"
	wait_until 180 "k8s$1 to report its new boot" is_another_boot "$1" "$before"
	wait_until 120 'nodes Ready' run_kubectl wait --for=condition=Ready node --all --timeout=5s
	wait_for_workload
	say "k8s$1 is Ready after a power cut ($SECONDS s)"
}

boot_of() { run_kubectl get node "k8s$1" -o jsonpath='{.status.nodeInfo.bootID}'; }

is_another_boot() { # N BOOT_ID
	local now
	now=$(boot_of "$1") && [ "$now" != "$2" ] && [ "$now" = "$(node_ssh "$1" cat /proc/sys/kernel/random/boot_id)" ]
}

start_api_server() {
	start kube-apiserver "$(kube_part)/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --cert-dir=certificates \
		--bind-address="$SUBNET.1" --advertise-address="$SUBNET.1" --service-cluster-ip-range=10.96.0.0/12 \
		--token-auth-file=tokens.csv --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged \
		--kubelet-preferred-address-types=InternalIP --service-account-issuer=https://kubernetes.default.svc \
		--service-account-key-file=accounts.pub --service-account-signing-key-file=accounts.key \
		--audit-policy-file="$HERE/audit-policy.yaml" --audit-log-path=audit.log
	wait_until 180 'the API server' run_kubectl get --raw /readyz
}

runs_api_server() { [ -e "$RUN/kube-apiserver.pid" ] && is_running "$RUN/kube-apiserver.pid"; }

# A killed process listens for some moments more.
stop_api_server() {
	runs_api_server || return 0
	stop_one kube-apiserver
	wait_until 30 'the end of the API server' is_api_refused
	say 'the API server is stopped'
}

is_api_refused() { ! in_netns bash -c ': <"/dev/tcp/$0/6443"' "$SUBNET.1"; }

restart_api_server() {
	start_api_server
	wait_until 120 'nodes Ready' run_kubectl wait --for=condition=Ready node --all --timeout=5s
	say 'the API server is started'
}

control_api_server() { # stop|start
	case $1 in
		stop) stop_api_server ;;
		start) runs_api_server || restart_api_server ;;
		*) print_usage ;;
	esac
}

start_control_plane() {
	local kube
	kube=$(kube_part)
	start etcd "$kube/etcd" etcd-data
	start_api_server
	start kube-controller-manager "$kube/kube-controller-manager" --kubeconfig=kube-controller-manager.kubeconfig --leader-elect=false \
		--service-account-private-key-file=accounts.key --use-service-account-credentials --cert-dir=certificates
	start kube-scheduler "$kube/kube-scheduler" --kubeconfig=kube-scheduler.kubeconfig --leader-elect=false --cert-dir=certificates
}

# Registered from here, so that each node's podCIDR is the one that its CNI and the routes of the others have.
register_nodes() {
	local n
	for n in $(node_numbers); do
		printf -- '---\n{apiVersion: v1, kind: Node, metadata: {name: k8s%s}, spec: {podCIDR: %s, podCIDRs: [%s]}}\n' \
			"$n" "10.244.${POD_NETWORK[$n]}.0/24" "10.244.${POD_NETWORK[$n]}.0/24"
	done >"$RUN/nodes.yaml"
	wait_until 60 'registering the nodes' run_kubectl apply --server-side --force-conflicts -f "$RUN/nodes.yaml"
}

# One connection per node that the cluster's own commands share: a fresh one takes a second here.
open_ssh() { # N
	wait_until 120 "sshd on k8s$1" node_ssh "$1" true
	start "ssh-k8s$1" ssh -F ssh_config -N -o ControlMaster=yes -o ControlPath="$SOCKETS/%n.ssh" -o ServerAliveInterval=15 "k8s$1"
	wait_until 60 "the shared connection to k8s$1" node_ssh "$1" -O check
}
