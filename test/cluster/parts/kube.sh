#!/usr/bin/env bash
# kube.sh FOLDER: compiles Kubernetes and etcd to one program, with a link for each name that it answers to.
set -euo pipefail
out=$1
cd "$(dirname "$0")/../kube"
release=$(go list -mod=readonly -m -f '{{.Version}}' k8s.io/kubernetes)
IFS=. read -r major minor _ <<<"${release#v}"
version=k8s.io/component-base/version
# Nobody debugs what is built here: without DWARF, and with less collecting of garbage, the compiler needs a quarter less time.
GOGC=400 CGO_ENABLED=0 go build -buildvcs=false -tags providerless -gcflags=all=-dwarf=false -o "$out/kube" \
	-ldflags "-s -w -X $version.gitVersion=$release -X $version.gitMajor=$major -X $version.gitMinor=$minor" .
for name in etcd kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl; do
	ln -s kube "$out/$name"
done
