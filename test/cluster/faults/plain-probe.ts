import {kubectl, onNode} from '../../helpers/real-cluster.ts';
import {type FaultCase, vip} from './fault-case.ts';

/** The node that a client of the cases is on. */
export const nodeOf = {mars1: 1, mars2: 2, backend: 1} as const;

// A connection of bash's own, from the pod's network namespace: nothing of hairpin's takes part.
const findPod = 'for n in /var/run/netns/*; do nsenter --net=$n ip -o -4 addr show scope global | grep -qF " $IP/" && break; done';

const probeScript = `${findPod}
said=$(nsenter --net=$n timeout 3 bash -c "exec 3<>/dev/tcp/$VIP/8080" 2>&1) && echo open || case $said in *refused*) echo refused ;; *) echo timeout ;; esac`;

const largeRequestScript = String.raw`${findPod}
nsenter --net=$n timeout 9 bash -c "exec 3<>/dev/tcp/$VIP/8080 || { echo timeout; exit; }
printf 'GET /%05000d HTTP/1.0\r\n\r\n' 0 >&3
read -r -t 5 -u 3 && echo open || echo stalls"`;

/** As `probeFromPod`, from the node's own network. */
export const probeFromNode = async (node: number): Promise<string> => (await onNode(node, `timeout 3 bash -c 'exec 3<>/dev/tcp/${vip}/8080' 2>/dev/null && echo open || echo timeout`)).trim();

/** Returns what a connection to the Service meets: `open`, `timeout` or `refused`; with a large request also `stalls`. */
export const probeFromPod = async (pod: string, node: number, isLarge = false): Promise<string> => {
	const ip = (await kubectl('get', 'pod', pod, '-o', 'jsonpath={.status.podIP}')).trim();
	return (await onNode(node, `IP=${ip}; VIP=${vip}; ${isLarge ? largeRequestScript : probeScript}`)).trim();
};

/** The pod that a case calls by this name: `backend` is the one behind the Service. */
export const nameOfClient = async (client: FaultCase['client']): Promise<string> => (client === 'backend'
	? (await kubectl('get', 'pods', '-l', 'app=nginx', '-o', 'jsonpath={.items[0].metadata.name}')).trim()
	: client);
