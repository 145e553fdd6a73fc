# Holds the node for one hairpin that changes things, until its standard input ends. Leaves nothing: the lock is on a directory that is there.
# args: WHO
# shellcheck shell=sh
root=${HAIRPIN_ROOT-}
owner=$root/run/hairpin-owner
command -v flock >/dev/null || { echo '@@held without a lock, since there is no flock here'; cat >/dev/null; exit; }
exec 9<"$root/var/lib" || exit
if ! flock -n 9; then
	echo "@@taken $(cat "$owner" 2>/dev/null)"
	exit 75
fi
printf '%s\n' "$1" >"$owner" 2>/dev/null
echo '@@held'
cat >/dev/null
rm -f "$owner"
