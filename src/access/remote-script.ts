import {toHexDigits} from '../hex-address.ts';
import type {Point, Script} from './access.ts';

/** A value as one word of POSIX sh: inside single quotes nothing is special but the quote itself (POSIX.1-2024, 2.2.2). */
export const quoteWord = (word: string): string => `'${word.replaceAll('\'', String.raw`'\''`)}'`;

/** Printed on stderr before a script's own output, so that exit codes of ssh and of the script can be told apart. */
export const startMarker = 'hairpin: started';

// Finds a process in the network namespace that owns the pod's address, then runs the script there with the node's own tools.
// `|-- IP` followed by `/32 host LOCAL` is the address itself; a looser match finds broadcast addresses and other nodes' tables.
const enterPod = `
hairpin_pid=
case $hairpin_ip in
*:*) hairpin_file=$(grep -sl "^$hairpin_hex " /proc/[0-9]*/net/if_inet6 | head -n 1) ;;
*) hairpin_file=$(grep -sF -A1 -e "|-- $hairpin_ip" /proc/[0-9]*/net/fib_trie | awk -v ip="$hairpin_ip" '
	$2 == "--" || $(NF - 1) == "|--" { found = ($NF == ip); next }
	found && /\\/32 host LOCAL/ { sub(/-.*/, ""); print; exit }') ;;
esac
hairpin_pid=\${hairpin_file#/proc/}
hairpin_pid=\${hairpin_pid%%/*}
if [ -z "$hairpin_pid" ]; then
	echo "hairpin: no process here has the address $hairpin_ip" >&2
	exit 66
fi
export HAIRPIN_POD_PID="$hairpin_pid"
exec nsenter --net="/proc/$hairpin_pid/ns/net" sh -c "$hairpin_script" hairpin "$@"
`;

// Bash where there is one, for its line editing; without the user's own files, which belong to another place.
const interactive = 'if command -v bash >/dev/null 2>&1; then exec bash --norc --noprofile -i; else exec sh -i; fi';

const composePath = (tools: string): string => `PATH="$PATH:/usr/sbin:/sbin:/usr/local/sbin${tools === '' ? '' : `:${tools}`}"`;

/** The text that `sh -c` runs to open an interactive shell at a point. Data stands only in quoted words. `tools`: as below. */
export const composeShellScript = (point: Point, tools = ''): string => {
	const place = point.kind === 'pod' ? point.pod : point.node;
	const environment = `export ${composePath(tools)} PS1=${quoteWord(`${place.replaceAll(/[^\w\-.]/gv, '')}# `)}\n`;
	return environment + (point.kind === 'pod'
		? `set --; hairpin_script=${quoteWord(interactive)} hairpin_ip=${quoteWord(point.ip)} hairpin_hex=${quoteWord(point.ip.includes(':') ? toHexDigits(point.ip) : '')}${enterPod}`
		: interactive);
};

const delimiter = 'HAIRPIN_END_OF_SCRIPT';

/**
 The text that `sh -s` reads to run a script at a point. Data stands only in quoted words.
 The whole script is read before it runs, so its own standard input is free to be a watchdog.
 `nodeRoot` is where the node's files are seen, for scripts that run in a container of ours; `tools` is a directory with programs that the node lacks.
 */
export const composeRemoteScript = (point: Point, script: Script, nodeRoot = '', tools = ''): string => {
	const words = script.args.map(argument => quoteWord(argument)).join(' ');
	const heredoc = `hairpin_script=$(cat <<'${delimiter}'\n${script.text}\n${delimiter}\n)\n`;
	const enter = point.kind === 'pod'
		? `hairpin_ip=${quoteWord(point.ip)} hairpin_hex=${quoteWord(point.ip.includes(':') ? toHexDigits(point.ip) : '')}${enterPod}`
		: 'exec sh -c "$hairpin_script" hairpin "$@"\n';
	return `export LC_ALL=C HAIRPIN_ROOT=${quoteWord(nodeRoot)} ${composePath(tools)}\nset -- ${words}\n${heredoc}echo '${startMarker}' >&2\n${enter}`;
};
