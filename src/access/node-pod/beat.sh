# Each line of standard input keeps the pod alive; its end ends the pod.
echo 'hairpin: beating'
while read -r _; do : >/tmp/hairpin-beat; done
kill "$(cat /tmp/hairpin-keeper)"
