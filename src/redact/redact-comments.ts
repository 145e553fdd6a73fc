// What kube-proxy and the CNI plugins say of their own rules, with the name of a Service in it.
const ofPrograms = /^"?(?:kube|cali:|flannel|cni|name: |block incoming|masquerade traffic|pod traffic|route local|redirect|[\da-z][\d\-a-z]*\/[\d\-.a-z]+(?::\S*)?(?: |"?$))/iv;
const ruleComment = /(?<=--comment )(?:"(?:[^"\\]|\\.)*"|\S+)/gv;
// A line of a file stands behind a bar, or behind the path of the file and a colon.
const fileLine = /^(?:\||\/\S)/v;
// Also in a line of a diff.
const comment = /(?<=^[+\-]?|[\s:\|])#[^\n]*$/v;

const isInQuotes = (before: string): boolean => ['"', '\''].some(quote => before.split(quote).length % 2 === 0);

const hideLine = (line: string): string => (isInQuotes(line.slice(0, Math.max(0, line.search(comment)))) ? line : line.replace(comment, '# HIDDEN'));

/** What people wrote beside rules of a firewall and lines of a configuration is hidden: it may name anything. */
export const hideComments = (text: string): string => text
	.replaceAll(ruleComment, said => (ofPrograms.test(said) ? said : '"HIDDEN"'))
	.split('\n')
	.map(line => (fileLine.test(line) ? hideLine(line) : line))
	.join('\n');

/** The same for the text of a whole file. */
export const hideFileComments = (text: string): string => text.split('\n').map(line => hideLine(line)).join('\n');
