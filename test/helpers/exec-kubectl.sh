#!/bin/sh
# Stands for kubectl and a cluster with one pod that runs: what is executed in the pod is executed here. The file `mode` beside it says what goes wrong.
here=${0%/*}
read -r mode <"$here/mode"
echo 'Warning: v1 ComponentStatus is deprecated' >&2
case "$mode $*" in
hang*exec*) exec sleep 60 ;;
login*exec*) echo 'error: You must be logged in to the server (Unauthorized)' >&2; exit 1 ;;
lost*exec*) echo 'error: unable to upgrade connection: container not found ("hairpin")' >&2; exit 1 ;;
garbage*exec*) head -c 100000 /dev/urandom; exit 0 ;;
garbage*) head -c 1000 /dev/urandom; exit 0 ;;
lost*' get '*/pods/*) echo '{"status":{"phase":"Failed","reason":"Evicted","message":"The node was low on resource: memory."}}' ;;
*' exec '*'sh -c '*) echo 'hairpin: beating'; exec cat >/dev/null ;;
*' exec '*)
	while [ "$1" != -- ]; do shift; done
	shift
	"$@"
	code=$?
	[ "$code" = 0 ] || echo "command terminated with exit code $code" >&2
	exit "$code" ;;
*' debug '*) for word; do case $word in --container=*) echo "${word#*=}" >"$here/container" ;; esac; done ;;
*' create '*) cat >>"$here/created"; echo '{"status":{"resourceRules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}]}}' ;;
*' get '*/pods/*)
	container=$(cat "$here/container" 2>/dev/null)
	printf '{"status":{"phase":"Running","containerStatuses":[{"state":{"running":{}}}],"ephemeralContainerStatuses":[{"name":"%s","state":{"running":{}}}]}}' "$container" ;;
*' get '*) echo '{}' ;;
esac
