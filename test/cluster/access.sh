# shellcheck shell=bash
# Keys, credentials and files that the cluster's programs and its users log in with.

write_access() {
	local user
	for user in admin reader looker kube-proxy kube-scheduler kube-controller-manager; do write_kubeconfig "$user"; done
	openssl genrsa -out "$RUN/accounts.key" 2048 2>/dev/null
	openssl rsa -in "$RUN/accounts.key" -pubout -out "$RUN/accounts.pub" 2>/dev/null
	{
		echo 'admin-token,admin,admin,system:masters'
		echo 'reader-token,reader,reader'
		echo 'looker-token,looker,looker'
		for user in kube-proxy kube-scheduler kube-controller-manager; do echo "$user-token,system:$user,$user"; done
		for n in $(node_numbers); do echo "k8s$n-token,system:node:k8s$n,k8s$n,system:nodes"; done
	} >"$RUN/tokens.csv"
	write_ssh_config
	for n in $(node_numbers); do write_node "$n"; done
}

write_kubeconfig() { # USER
	cat >"$RUN/$1.kubeconfig" <<-YAML
		apiVersion: v1
		kind: Config
		clusters: [{name: test, cluster: {server: "$API", insecure-skip-tls-verify: true}}]
		users: [{name: $1, user: {token: $1-token}}]
		contexts: [{name: test, context: {cluster: test, user: $1}}]
		current-context: test
	YAML
}

write_ssh_config() {
	local n
	for n in $(node_numbers); do
		printf 'Host k8s%s\n\tHostName %s.1%s\n' "$n" "$SUBNET" "$n"
	done >"$RUN/ssh_config"
	cat >>"$RUN/ssh_config" <<-CONFIG
		Host *
			User root
			IdentityFile $(disk_part)/id
			IdentitiesOnly yes
			UserKnownHostsFile $RUN/known_hosts
			GlobalKnownHostsFile none
			StrictHostKeyChecking yes
			ConnectTimeout 10
	CONFIG
	for n in $(node_numbers); do
		echo "k8s$n,$SUBNET.1$n $(cut -d' ' -f1,2 "$(disk_part)/host-key.pub")"
	done >"$RUN/known_hosts"
}

# The folder that node N reads at boot: its settings, and the files to lay over its disk.
write_node() { # N
	local n=$1 name=k8s$1 folder=$RUN/k8s$1 root=$RUN/k8s$1/root
	mkdir -p "$root"/etc/kubernetes "$root/etc/cni/net.d" "$root/var/lib/cni/networks/cbr0"
	printf '%s="%s"\n' NODE_NAME "$name" NODE_IP "$SUBNET.1$n" GATEWAY "$SUBNET.1" \
		KUBE_FOLDER "$(kube_part)" POD_ROUTES "$(routes_of "$n")" >"$folder/settings"
	printf '%s=%s\n' NODE_NAME "$name" NODE_IP "$SUBNET.1$n" >"$root/etc/kubernetes/node"
	write_kubeconfig "$name"
	mv "$RUN/$name.kubeconfig" "$root/etc/kubernetes/kubelet.kubeconfig"
	cp "$RUN/kube-proxy.kubeconfig" "$root/etc/kubernetes/"
	echo "$name" >"$root/etc/hostname"
	printf '127.0.0.1 localhost\n%s %s\n' "$SUBNET.1$n" "$name" >"$root/etc/hosts"
	echo -n "10.244.${POD_NETWORK[$n]}.${LAST_POD_ADDRESS[$n]}" >"$root/var/lib/cni/networks/cbr0/last_reserved_ip.0"
	write_cni "$n" >"$root/etc/cni/net.d/10-cbr0.conflist"
}

routes_of() { # N: to the other nodes' pods by way of those nodes, as flannel's host-gw backend lays them
	local other
	for other in $(node_numbers); do
		[ "$other" = "$1" ] || echo -n "10.244.${POD_NETWORK[$other]}.0/24@$SUBNET.1$other "
	done
}

write_cni() { # N
	cat <<-JSON
		{
		  "cniVersion": "0.4.0",
		  "name": "cbr0",
		  "plugins": [
		    {
		      "type": "bridge",
		      "bridge": "cni0",
		      "hairpinMode": true,
		      "isGateway": true,
		      "isDefaultGateway": true,
		      "ipMasq": false,
		      "ipam": {
		        "type": "host-local",
		        "ranges": [[{"subnet": "10.244.${POD_NETWORK[$1]}.0/24"}]],
		        "routes": [{"dst": "10.244.0.0/16"}]
		      }
		    },
		    {"type": "portmap", "capabilities": {"portMappings": true}}
		  ]
		}
	JSON
}
