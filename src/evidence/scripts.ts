import {readFileSync} from 'node:fs';
import type {Script} from '../access/access.ts';
import {toHexDigits} from '../hex-address.ts';

const readScript = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** Shell functions for what reads a node's rules; stands before the text of a script. */
export const rulePrograms = readScript('rule-programs.sh');

const nodeText = `${rulePrograms}${readScript('node.sh')}`;
const podText = readScript('pod.sh');

/** Reads everything about a node that decides the path to a Service, in one round trip. With an empty `vip` and no endpoints: of no Service in particular. */
export const nodeScript = (vip: string, endpointIps: readonly string[]): Script => ({
	text: nodeText, args: [vip, vip === '' ? '' : toHexDigits(vip).toUpperCase(), endpointIps.join(',')],
});

/** Reads a pod's network namespace in one round trip. */
export const podScript = (): Script => ({text: podText, args: []});
