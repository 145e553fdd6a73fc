#!/usr/bin/env bash
# kube.sh FOLDER: compiles Kubernetes and etcd to one program, with a link for each name that it answers to.
set -euo pipefail
out=$1
cd "$(dirname "$0")/../kube"
release=$(go list -mod=readonly -m -f '{{.Version}}' k8s.io/kubernetes)
IFS=. read -r major minor _ <<<"${release#v}"
version=k8s.io/component-base/version
CGO_ENABLED=0 go build -buildvcs=false -tags providerless -o "$out/kube" \
	-ldflags "-s -w -X $version.gitVersion=$release -X $version.gitMajor=$major -X $version.gitMinor=$minor" .
for name in etcd kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl; do
	ln -s kube "$out/$name"
done
