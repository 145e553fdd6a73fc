# shellcheck shell=bash disable=SC2034
CACHE=${HAIRPIN_CLUSTER_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/hairpin-cluster}
RUN=$CACHE/run
NETNS=hairpin-cluster
# A Unix socket's path holds 107 bytes (unix(7)), too few for a cache folder deep inside a home.
SOCKETS=/run/$NETNS
SUBNET=192.168.26
API=https://$SUBNET.1:6443
NODE_MEMORY=1024M
VIP=10.98.171.178:8080
PACKAGES=(user-mode-linux mmdebstrap buildah busybox-static e2fsprogs openssh-client iproute2 openssl gcc libc6-dev debian-archive-keyring nftables dnsmasq-base)

# Third number of a node's pod network, and the last address given out there before the incident.
declare -A POD_NETWORK=([1]=0 [2]=2 [3]=1) LAST_POD_ADDRESS=([1]=17 [2]=30 [3]=42)
