# Puts an empty library in the place of one that our programs are linked to and have no use for: capturing from D-Bus, the statistics of a name
# server, Kerberos, LDAP, RTMP and names beyond ASCII of curl, the line editor of nft -i. With all that these are linked to in turn they would be half of the image.
# Every function of the stub returns the value; every name keeps its symbol version, so that the loader finds what it looks for.
# args: PATH VALUE
set -eu
path=$1 value=$2
folder=$(mktemp -d)
nm --dynamic --defined-only --with-symbol-versions "$path" | awk '$2 != "A" && $3 !~ /[^@]@[^@]/ { print $2, $3 }' >"$folder/symbols"

case $(dpkg --print-architecture) in
amd64) body="mov \$$value, %rax; ret" ;;
arm64) body="mov x0, #$value; ret" ;;
*) echo "no stub is known for this architecture" >&2; exit 1 ;;
esac

awk -v body="$body" '
	{ name = $2; sub(/@@.*/, "", name); print ".globl " name }
	$1 ~ /[BDRGSV]/ { print ".type " name ", %object"; data = data name ":\n" ; next }
	{ print ".type " name ", %function"; text = text name ":\n" }
	END { print ".text\n" text body "\n.data\n" data ".zero 4096" }' "$folder/symbols" >"$folder/stub.s"
awk '
	{ n = split($2, part, "@@"); node = n > 1 ? part[2] : ""; names[node] = names[node] " " part[1] ";" }
	END {
		if ("" in names && length(names) == 1) { print "{ global:" names[""] " };"; exit }
		for (node in names) if (node != "") print node " { global:" names[node] " };"
	}' "$folder/symbols" >"$folder/versions"

as -o "$folder/stub.o" "$folder/stub.s"
ld -shared -soname "${path##*/}" --version-script "$folder/versions" -o "$folder/stub.so" "$folder/stub.o"
chmod 644 "$folder/stub.so"
# In one step, since mv itself is linked to one of them; where the path is a link, the stub takes the link's place.
mv -f "$folder/stub.so" "$path"
rm -r "$folder"
