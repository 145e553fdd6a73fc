import {readFileSync} from 'node:fs';
import type {Script} from '../access/access.ts';
import {toHexDigits} from '../hex-address.ts';

/** Shell functions for what reads a node's rules; stands before the text of a script. */
export const rulePrograms = readFileSync(new URL('rule-programs.sh', import.meta.url), 'utf8');

const nodeText = `${rulePrograms}${readFileSync(new URL('node.sh', import.meta.url), 'utf8')}`;
const podText = readFileSync(new URL('pod.sh', import.meta.url), 'utf8');

/** Reads everything about a node that decides the path to a Service, in one round trip. With an empty `vip` and no endpoints: of no Service in particular. */
export const nodeScript = (vip: string, endpointIps: readonly string[]): Script => ({
	name: 'node', text: nodeText, args: [vip, vip === '' ? '' : toHexDigits(vip).toUpperCase(), endpointIps.join(',')],
});

/** Reads a pod's network namespace in one round trip. */
export const podScript = (): Script => ({name: 'pod', text: podText, args: []});
