# Runs here, beside hairpin. Its standard input ends when hairpin is gone in whatever way; then it removes what hairpin made in the cluster:
# the pods of its session, and the namespace where that is ours and nobody's pods are left in it.
# args: SESSION NAMESPACE KUBECTL...
session=$1 namespace=$2
shift 2
# Nobody may be left to read what is said; kubectl inherits that this does not matter.
trap '' HUP INT TERM PIPE
cat >/dev/null
"$@" --request-timeout=30s delete pods --namespace "$namespace" --selector "hairpin/session=$session" --ignore-not-found --grace-period=1 --timeout=60s >/dev/null || exit
owner=$("$@" --request-timeout=10s get namespace "$namespace" --ignore-not-found --output 'jsonpath={.metadata.labels.app\.kubernetes\.io/managed-by}') || exit
[ "$owner" = hairpin ] || exit 0
left=$("$@" --request-timeout=10s get pods --namespace "$namespace" --output name) || exit
[ -n "$left" ] || "$@" --request-timeout=10s delete namespace "$namespace" --ignore-not-found --wait=false >/dev/null
