import {readFileSync} from 'node:fs';

/** The runbooks that hairpin brings, by their names. */
export const shippedRunbooks: ReadonlyMap<string, string> = new Map([
	['founding', readFileSync(new URL('../../runbooks/founding.yaml', import.meta.url), 'utf8')],
	['br-netfilter', readFileSync(new URL('../../runbooks/br-netfilter.yaml', import.meta.url), 'utf8')],
	['hairpin-port', readFileSync(new URL('../../runbooks/hairpin-port.yaml', import.meta.url), 'utf8')],
	['target-port', readFileSync(new URL('../../runbooks/target-port.yaml', import.meta.url), 'utf8')],
	['forward-drop', readFileSync(new URL('../../runbooks/forward-drop.yaml', import.meta.url), 'utf8')],
]);
