# Takes packages from a snapshot archive as of one moment instead of the mirror of the base, where both are given.
# args: ARCHIVE MOMENT
set -eu
archive=$1 moment=$2
if [ -z "$moment" ]; then exit 0; fi
if [ -z "$archive" ]; then
	echo 'SNAPSHOT needs SNAPSHOT_ARCHIVE, the address of a Debian snapshot archive' >&2
	exit 1
fi
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d
# An old moment's index is past the date until which it calls itself valid.
for suite in 'debian bookworm' 'debian bookworm-updates' 'debian-security bookworm-security'; do
	echo "deb [check-valid-until=no signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive/${suite% *}/$moment/ ${suite#* } main"
done >/etc/apt/sources.list
