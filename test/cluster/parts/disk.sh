#!/usr/bin/env bash
# disk.sh FOLDER DEBIAN IMAGES...: a node's disk with the overlay of ../node and the container images, and the key to log in with.
set -euo pipefail
out=$1 debian=$2 root=$1/root images=$1/images
shift 2
overlay=$(cd "$(dirname "$0")/../node" && pwd)

unpack_debian() {
	mkdir "$root"
	tar --extract --file "$debian/debian.tar" --directory "$root" --numeric-owner --xattrs --xattrs-include='*'
	cp -a /usr/lib/uml/modules/. "$root/lib/modules/"
	mkdir -p "$root"/opt/{kube,images,node} "$root/etc/kubernetes" "$root/etc/cni/net.d"
	: >"$root/etc/machine-id"
}

lay_overlay() {
	local file mode
	while read -r file; do
		case $file in */sbin/*) mode=755 ;; */sudoers.d/*) mode=440 ;; *) mode=644 ;; esac
		install -D -m "$mode" "$overlay/$file" "$root/$file"
	done < <(cd "$overlay" && find . -type f)
}

add_people() {
	local person home
	ssh-keygen -q -t ed25519 -N '' -C cluster -f "$out/id"
	rm -f "$root"/etc/ssh/ssh_host_*_key*
	ssh-keygen -q -t ed25519 -N '' -C node -f "$root/etc/ssh/ssh_host_ed25519_key"
	cp "$root/etc/ssh/ssh_host_ed25519_key.pub" "$out/host-key.pub"
	for person in root ops nosudo; do
		# sshd refuses accounts with the locked password that useradd gives them
		[ "$person" = root ] || chroot "$root" useradd --create-home --shell /bin/bash --password '*' "$person"
		home=$(chroot "$root" sh -c "echo ~$person")
		install -d -m 700 "$root$home/.ssh"
		install -m 600 "$out/id.pub" "$root$home/.ssh/authorized_keys"
		chroot "$root" chown -R "$person:" "$home/.ssh"
	done
}

choose_units() {
	local unit
	for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer e2scrub_reap.service \
		getty.target ipvsadm.service modprobe@.service systemd-journal-flush.service systemd-logind.service \
		systemd-random-seed.service systemd-tmpfiles-setup-dev.service systemd-update-utmp.service \
		systemd-update-utmp-runlevel.service; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done
	chroot "$root" systemctl --quiet enable join-network kubelet kube-proxy
}

choose_tools() {
	local name
	for name in kubelet kube-proxy kubectl; do ln -s "/opt/kube/$name" "$root/usr/local/bin/$name"; done
	chroot "$root" update-alternatives --quiet --set iptables /usr/sbin/iptables-legacy
	chroot "$root" update-alternatives --quiet --set ip6tables /usr/sbin/ip6tables-legacy
}

# The node's own containerd loads the images, in a boot that has no other purpose.
import_images() { # FOLDER...
	mkdir "$images"
	find "$@" -name '*.tar' -exec cp -t "$images" {} +
	timeout 600 linux.uml mem=512M ubd0="$out/disk.img" root=/dev/ubda rw quiet uml_dir="$out/uml/" umid=import \
		con=null con0=null,fd:1 ssl=null systemd.unit=import-images.service hairpin.images="$images" </dev/null >"$out/import.log" 2>&1 || true
	grep -q 'images are imported' "$out/import.log" || {
		cat "$out/import.log"
		return 1
	}
}

unpack_debian
lay_overlay
add_people
choose_units
choose_tools
truncate --size=6G "$out/disk.img"
mke2fs -q -F -t ext4 -O ^has_journal -d "$root" "$out/disk.img"
import_images "$@"
rm -rf "$root" "$images" "$out/uml" "$out/import.log"
