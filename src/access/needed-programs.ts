/** A node that lacks one of these cannot be looked at as it should be. Also needed is one of bash, nc and curl, to connect with. */
export const neededPrograms: readonly string[] = ['tcpdump', 'nsenter', 'ip', 'iptables-save', 'timeout', 'awk', 'stat'];
