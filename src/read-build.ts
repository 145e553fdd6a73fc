import {readFileSync} from 'node:fs';

declare const HAIRPIN_BUILD: {readonly version: string; readonly commit: string} | undefined;

/** Which hairpin this is. The build puts it in; there is no such name where we run from our sources. */
// eslint-disable-next-line unicorn/no-typeof-undefined
export const readBuild = () => (typeof HAIRPIN_BUILD === 'undefined'
	? {version: (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {readonly version: string}).version, commit: 'run from its sources'}
	: HAIRPIN_BUILD);
