import {UserFacingError} from '../user-facing-error.ts';

/** Names of variables and their values. */
export type Values = ReadonlyMap<string, string>;

// As Kubernetes writes them in commands; `$$(x)` stands for `$(x)` itself.
const pattern = /\$(?<escape>\$)?\((?<name>[\da-z][\d\-a-z]{0,39})\)/gv;

/** The variables that stand in a text. */
export const listUses = (text: string): readonly string[] => text.matchAll(pattern).filter(({groups}) => groups?.escape === undefined).map(({groups}) => groups?.name ?? '').toArray();

/** A text with its variables replaced, once: what a value holds is never looked at again. Throws `UserFacingError` for one that is not known yet. */
export const fillText = (text: string, values: Values): string => text.replaceAll(pattern, (whole: string, escape: string | undefined, name: string) => {
	if (escape !== undefined) {
		return whole.slice(1);
	}

	const value = values.get(name);
	if (value === undefined) {
		throw new UserFacingError(`the variable ${name} has no value here`, name === 'cause' || name === 'conclusion' ? 'a check must stand before it' : `give it one: --set ${name}=VALUE; or name the Service, where it is the target's`);
	}

	return value;
});

/** A text that says the same after variables are replaced. */
export const escapeText = (text: string): string => text.replaceAll(pattern, '$$$&');
