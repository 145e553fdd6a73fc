# Installs the packages whose programs go into the image.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2046
apt-get -qq install -y --no-install-recommends $(cat /build/packages.txt) >/dev/null
