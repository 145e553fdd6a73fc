import {cleanLine} from '../clean.ts';

export type Failure = {
	readonly because: string;
	readonly tryThis: string;
};

type Pattern = {
	readonly says: RegExp;
	readonly because: (destination: string) => string;
	readonly tryThis: (destination: string) => string;
};

// What OpenSSH prints on stderr, seen with 9.2 (access.md, Part 1 "SSH").
const patterns: readonly Pattern[] = [
	{
		says: /REMOTE HOST IDENTIFICATION HAS CHANGED/v,
		because: destination => `the host key of ${destination} has changed`,
		tryThis: destination => `make sure that this is still the same machine, then: ssh-keygen -R ${destination}`,
	},
	{
		says: /Host key verification failed/v,
		because: destination => `the host key of ${destination} is not known`,
		tryThis: destination => `connect once by hand and check the key: ssh ${destination}`,
	},
	{
		says: /Permission denied \([^\)]*(?:password|keyboard-interactive)/v,
		because: destination => `${destination} wants a password or knows none of your keys`,
		tryThis: destination => `hairpin never types passwords; load a key that opens it (ssh-add, or IdentityFile in ~/.ssh/config), then: ssh -o BatchMode=yes ${destination} true`,
	},
	{
		says: /Permission denied/v,
		because: destination => `${destination} accepts none of your keys`,
		tryThis: destination => `name the user and key: --ssh NODE=USER@HOST, --ssh-config FILE, or ssh-add; test with: ssh -o BatchMode=yes ${destination} true`,
	},
	{
		says: /Could not resolve hostname/v,
		because: destination => `the name ${destination} does not resolve`,
		tryThis: () => 'say how to reach it: --ssh NODE=USER@HOST, or a Host entry in --ssh-config FILE',
	},
	{
		says: /Connection timed out|Operation timed out/v,
		because: destination => `${destination} does not answer on its SSH port`,
		tryThis: () => 'check that the node is up and that this machine may reach it (a jump host goes into ~/.ssh/config as ProxyJump)',
	},
	{
		says: /Connection refused/v,
		because: destination => `${destination} refuses connections to its SSH port`,
		tryThis: () => 'is sshd running there, and on this port? --ssh NODE=USER@HOST or a Port line in --ssh-config FILE',
	},
	{
		says: /No route to host|Network is unreachable/v,
		because: destination => `there is no route to ${destination}`,
		tryThis: () => 'run hairpin from a machine that reaches the nodes, or add a ProxyJump to ~/.ssh/config',
	},
];

/** What ssh's stderr means for the person, and what to do about it. */
export const explainSshFailure = (destination: string, stderr: string): Failure => {
	const pattern = patterns.find(candidate => candidate.says.test(stderr));
	if (pattern) {
		return {because: pattern.because(destination), tryThis: pattern.tryThis(destination)};
	}

	const lines = stderr.trim().split('\n');
	const said = cleanLine(lines.at(-1) ?? '');
	return {
		because: `ssh to ${destination} failed: ${said === '' ? 'it said nothing' : said}`,
		tryThis: `try it by hand: ssh -o BatchMode=yes ${destination} true`,
	};
};
