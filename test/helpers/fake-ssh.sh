#!/bin/sh
# Stands for ssh: a destination that the file `reachable` beside it names lets us in as root, and prints what the file `evidence` holds for any script.
here=${0%/*}
destination='' previous=''
for word; do
	if [ "$previous" = -- ]; then destination=$word; fi
	previous=$word
done
if ! grep -qx "$destination" "$here/reachable"; then
	echo "ssh: Could not resolve hostname $destination: Name or service not known" >&2
	exit 255
fi
case " $* " in
*' sh -s '*)
	cat >/dev/null
	echo 'hairpin: started' >&2
	cat "$here/evidence"
	;;
*' -O exit '*) ;;
*)
	echo 'hairpin: ready root'
	exec cat
	;;
esac
