const hidden = 'HIDDEN';

// Repetitions are bounded, so that hostile text takes no quadratic time.
const patterns: ReadonlyArray<readonly [RegExp, (...found: readonly string[]) => string]> = [
	[/-----BEGIN [ A-Z]{1,40}-----[^\-]{0,20000}(?:-----END [ A-Z]{1,40}-----)?/gv, () => hidden],
	// JSON Web Tokens: three parts in base64url, the first one begins with `{"`.
	[/\beyJ[\w\-]{5,8000}\.[\w\-]{2,8000}(?:\.[\w\-]{0,8000})?/gv, () => hidden],
	[/(?<scheme>:\/\/)[^\s\/:@]{1,200}:[^\s\/@]{1,200}@/gv, (_found, scheme) => `${scheme}${hidden}@`],
	[/\b(?<scheme>bearer|basic) {1,4}[\w+\-.\/=~]{6,8000}/giv, (_found, scheme) => `${scheme} ${hidden}`],
	// Tokens of kubeadm, keys of AWS, tokens of GitHub and Slack.
	[/\b[\da-z]{6}\.(?=[a-z]{0,16}\d)[\da-z]{16}\b/gv, () => hidden],
	[/\b(?:(?:AKIA|ASIA)[\dA-Z]{16}|gh[a-z]_\w{20,255}|xox[a-z]-[\w\-]{10,255})\b/gv, () => hidden],
	// The words of a process stand on lines of their own, each behind a bar.
	[/(?<flag>--[\w\-]{0,60}(?:token|passw(?:or)?d|secret)[\w\-]{0,60}(?: {1,4}|\n\|))(?!hidden|-)\S{1,4000}/giv, (_found, flag) => `${flag}${hidden}`],
	[/(?<name>[\w\-.]{0,60}(?:token|passw(?:or)?d|secret|credential|private[\-_]?key|client-key|api[\-_]?key)[\w\-.]{0,60}["']? {0,4}[:=] {0,4}["']?)(?!hidden)[^\s"',\[\]\{\}]{1,4000}/giv, (_found, name) => `${name}${hidden}`],
];

/** Text without the values of what is a key, a token or a password, or is called one. Also says how many these were. */
export const hideSecrets = (text: string): {readonly text: string; readonly count: number} => {
	let count = 0;
	let clean = text;
	for (const [pattern, replace] of patterns) {
		count += clean.match(pattern)?.length ?? 0;
		clean = clean.replaceAll(pattern, (...found: readonly string[]) => replace(...found));
	}

	return {text: clean, count};
};
