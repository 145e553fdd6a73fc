# Puts an image into the container runtime of this node, or tells whether it is there. The archive comes on standard input.
# Prints "@@runtime NAME" and then "@@loaded" or "@@has DIGEST", or says why not.
# args: VERB(load|list) NAME BYTES SHA256 ARCHITECTURE
verb=$1 name=$2 bytes=$3 expected=$4 architecture=$5
umask 077
archive=''

trap 'if [ -n "$archive" ]; then rm -f -- "$archive"; fi' EXIT
trap 'exit 143' HUP INT TERM PIPE

have() { command -v "$1" >/dev/null 2>&1; }
give_up() { echo "hairpin: problem $*" >&2; exit 69; }

# The runtime that kubelet uses is known by its socket, and asked by whichever of its programs is here.
choose_runtime() {
	if [ -S /run/k3s/containerd/containerd.sock ]; then
		if have k3s; then runtime='k3s ctr'; elif have ctr; then runtime='ctr --address /run/k3s/containerd/containerd.sock'; fi
	elif [ -S /var/snap/microk8s/common/run/containerd.sock ] && have microk8s; then runtime='microk8s ctr'
	elif [ -S /run/cri-dockerd.sock ] || [ -S /run/dockershim.sock ]; then if have docker; then runtime=docker; fi
	elif [ -S /run/crio/crio.sock ]; then if have podman; then runtime=podman; fi
	elif [ -S /run/containerd/containerd.sock ]; then
		if have ctr; then runtime=ctr; elif have nerdctl; then runtime=nerdctl; fi
	elif have docker; then runtime=docker
	elif have podman; then runtime=podman; fi
}

load() {
	case $runtime in
	*ctr\ * | *ctr) $runtime --namespace k8s.io images import "$archive" ;;
	nerdctl) nerdctl --namespace k8s.io load --input "$archive" ;;
	*) "$runtime" load --input "$archive" ;;
	esac
}

# The name as it was given; docker and podman tell the digest of the configuration, containerd that of its own manifest.
find_image() {
	case $runtime in
	*ctr\ * | *ctr) $runtime --namespace k8s.io images list | awk -v name="$name" '$1 == name { print $3 }' ;;
	nerdctl) nerdctl --namespace k8s.io images --no-trunc --quiet "$name" ;;
	*) "$runtime" images --no-trunc --quiet "$name" ;;
	esac
}

receive() {
	case $(uname -m) in x86_64) here=amd64 ;; aarch64) here=arm64 ;; *) here=$(uname -m) ;; esac
	if [ "$here" != "$architecture" ]; then give_up "the image is for $architecture, and this node is $here"; fi
	archive=$(mktemp /var/tmp/hairpin-image-XXXXXX 2>/dev/null) || archive=$(mktemp) || give_up 'no file can be made in /var/tmp or /tmp'
	error=$(head -c "$bytes" 2>&1 >"$archive") || give_up "$archive cannot be written: $error"
	found=$(sha256sum <"$archive")
	if [ "${found%% *}" != "$expected" ]; then give_up 'the image arrived damaged, or the disk is full'; fi
}

runtime=''
choose_runtime
if [ -z "$runtime" ]; then give_up 'no program that loads images is here: neither ctr, k3s, nerdctl, podman nor docker'; fi
echo "@@runtime ${runtime%% --address*}"
if [ "$verb" = load ]; then
	receive
	error=$(load 2>&1) || give_up "${runtime%% --address*} refuses it: $(echo "$error" | tail -n 1)"
	echo '@@loaded'
fi
digest=$(find_image 2>/dev/null | head -n 1)
echo "@@has ${digest:-none}"
