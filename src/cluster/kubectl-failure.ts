import {cleanLine} from '../clean.ts';

export type KubectlFailureKind =
	| 'not-found' | 'forbidden' | 'unauthorized' | 'unreachable' | 'timeout' | 'no-kubectl' | 'no-kubeconfig' | 'bad-kubeconfig' | 'garbage' | 'other';

/** Why one request brought nothing: a whole sentence, and the next step. */
export type KubectlFailure = {
	readonly ok: false;
	readonly kind: KubectlFailureKind;
	readonly because: string;
	readonly tryThis: string;
};

export const kubectlFailure = (kind: KubectlFailureKind, because: string, tryThis: string): KubectlFailure => ({
	ok: false, kind, because, tryThis,
});

type Rule = {
	readonly kind: KubectlFailureKind;
	readonly pattern: RegExp;
	readonly explain: (said: string, match: RegExpMatchArray) => {readonly because: string; readonly tryThis: string};
};

const explainForbidden = (match: RegExpMatchArray) => {
	const [, user, verb, resource, group, namespace] = match;
	const kind = group === '' ? resource : `${resource}.${group}`;
	const scope = namespace === undefined ? 'in the cluster' : `in the namespace ${namespace}`;
	return {
		because: `user ${user} may not ${verb} ${kind} ${scope}`,
		tryThis: `ask for the right to ${verb} ${kind}, or name another --context (kubectl auth can-i ${verb} ${kind}${namespace === undefined ? '' : ` -n ${namespace}`})`,
	};
};

const logIn = 'log in again as your cluster wants it, until this works: kubectl get --raw /version';

// What kubectl 1.18 to 1.33 prints; the first rule that matches wins, so that a login trouble is not taken for a network one.
const rules: readonly Rule[] = [
	{
		kind: 'unauthorized',
		pattern: /user "system:anonymous" cannot/iv,
		explain: () => ({because: 'the API server does not know who you are: the kubeconfig gives no login', tryThis: logIn}),
	},
	{
		kind: 'forbidden',
		pattern: /User "(?<user>[^"]*)" cannot (?<verb>\w+) resource "(?<resource>[^"]*)" in API group "(?<group>[^"]*)"(?: in the namespace "(?<namespace>[^"]*)")?/v,
		explain: (_said, match) => explainForbidden(match),
	},
	{
		kind: 'forbidden',
		pattern: /\(Forbidden\): /v,
		explain: said => ({because: `the API server, or something before it, refused the request (${said})`, tryThis: 'ask for the right to read it, or name another --context'}),
	},
	{
		kind: 'unauthorized',
		pattern: /executable (?<plugin>\S+) not found/v,
		explain: (_said, match) => ({because: `the kubeconfig logs in with ${match[1]}, which is not installed`, tryThis: `install ${match[1]}, or name another --context`}),
	},
	{
		kind: 'unauthorized',
		pattern: /getting credentials|exec plugin|credential plugin|oauth2: |refresh token|token (?:has|is) expired/iv,
		explain: said => ({because: `the login to the cluster failed (${said})`, tryThis: logIn}),
	},
	{
		kind: 'unauthorized',
		pattern: /You must be logged in|Unauthorized|Please enter Username|asked for the client to provide credentials/v,
		explain: () => ({because: 'the API server does not accept the login of the kubeconfig: it has expired or is wrong', tryThis: logIn}),
	},
	{
		kind: 'bad-kubeconfig',
		pattern: /context "(?<context>[^"]*)" does not exist|context was not found for specified context: (?<other>\S+)/v,
		explain: (_said, match) => ({because: `the kubeconfig has no context ${match[1] ?? match[2]}`, tryThis: 'list them with: kubectl config get-contexts'}),
	},
	{
		kind: 'no-kubeconfig',
		// With no kubeconfig at all kubectl asks the port where an API server listened without a login until 1.20.
		pattern: /server localhost:8080 was refused|no configuration has been provided|current-context (?:must exist|is not set)/v,
		explain: () => ({because: 'kubectl has no kubeconfig, or one without a current context', tryThis: 'give --kubeconfig FILE or set KUBECONFIG'}),
	},
	{
		kind: 'no-kubeconfig',
		pattern: /error: stat (?<file>.+): no such file or directory/v,
		explain: (_said, match) => ({because: `there is no kubeconfig at ${match[1]}`, tryThis: 'give --kubeconfig FILE or set KUBECONFIG'}),
	},
	{
		kind: 'bad-kubeconfig',
		pattern: /error loading config file|invalid configuration|no server found for cluster|cluster "[^"]*" does not exist/v,
		explain: said => ({because: `the kubeconfig cannot be used (${said})`, tryThis: 'look at it with: kubectl config view'}),
	},
	{
		kind: 'not-found',
		pattern: /\(NotFound\): (?<what>.*)/v,
		explain: (_said, match) => ({because: cleanLine(match[1]), tryThis: 'check the name and the namespace'}),
	},
	{
		kind: 'timeout',
		pattern: /context deadline exceeded|Client\.Timeout|i\/o timeout|TLS handshake timeout|\((?:Server)?Timeout\): /v,
		explain: said => ({because: `the API server did not answer in time (${said})`, tryThis: 'is its address reachable from here (VPN, proxy)? Try: kubectl get --raw /version'}),
	},
	{
		kind: 'unreachable',
		pattern: /x509: |certificate/v,
		explain: said => ({because: `the certificate of the API server is not accepted (${said})`, tryThis: 'check the clock of this machine, and certificate-authority in the kubeconfig'}),
	},
	{
		kind: 'unreachable',
		pattern: /was refused|Unable to connect to the server|no such host|no route to host|network is unreachable|connection reset|\(ServiceUnavailable\): |\bEOF\b/v,
		explain: said => ({because: `the API server cannot be reached (${said})`, tryThis: 'is its address reachable from here (VPN, proxy)? Try: kubectl get --raw /version'}),
	},
];

/** The line that tells most: kubectl puts warnings, log lines and hints of plugins around it. */
const decisiveLine = (stderr: string): string => {
	const lines = stderr.split('\n').map(line => cleanLine(line, 300)).filter(line => line !== '' && !line.startsWith('Warning: '));
	return lines.findLast(line => /^(?:error: |Error from server|Unable to connect|The connection to)/v.test(line)) ?? lines.at(-1) ?? 'it printed nothing';
};

/** What the standard error of a kubectl that failed means. */
export const explainKubectlFailure = (stderr: string, stdout = ''): KubectlFailure => {
	const said = decisiveLine(stderr);
	for (const {kind, pattern, explain} of rules) {
		const match = pattern.exec(said) ?? pattern.exec(stderr) ?? pattern.exec(stdout.slice(0, 300));
		if (match) {
			const {because, tryThis} = explain(said, match);
			return kubectlFailure(kind, cleanLine(because), cleanLine(tryThis));
		}
	}

	return kubectlFailure('other', `kubectl failed: ${said}`, 'see whether this works: kubectl get --raw /version');
};
