# The process of a pod of ours. It ends when it has not heard of us for so many seconds, also when the network between us is gone.
# args: SECONDS
beat=/tmp/hairpin-beat
trap 'exit 0' TERM INT
# Not the usual way to one's own number: of two dollar signs in a command Kubernetes leaves one.
read -r self _ </proc/self/stat
echo "$self" >/tmp/hairpin-keeper
: >"$beat"
while [ -e "$beat" ]; do
	rm -f "$beat"
	sleep "$1" &
	wait $!
done
