/** What a part of a runbook has to look like: read by the program that finds mistakes, and written out as JSON schema for editors. */
export type Shape = TextShape | FlagShape | NumberShape | NothingShape | ListShape | FieldsShape | NamedShape | EitherShape | LaterShape;

/** Why a text is refused, and what would have been taken. */
export type Refusal = {readonly because: string; readonly expected: string};

export type TextShape = {
	readonly kind: 'text';
	/** What it is for, in one sentence. */
	readonly says: string;
	readonly longest: number;
	/** Only these are taken. */
	readonly words?: readonly string[];
	/** Only what matches is taken; `wanted` says so in words. */
	readonly pattern?: {readonly source: string; readonly wanted: string};
	/** Whether variables in it are replaced. */
	readonly isFilled?: boolean;
	/** Whether numbers and true or false are taken as they are written. */
	readonly isAnyScalar?: boolean;
	/** What no schema can say. Not asked where variables stand in it. */
	readonly refuse?: (text: string) => Refusal | undefined;
	/** Words that may have been meant by one that is refused. */
	readonly names?: readonly string[];
};

export type FlagShape = {readonly kind: 'flag'; readonly says: string};

export type NumberShape = {readonly kind: 'number'; readonly says: string; readonly from: number; readonly to: number};

/** The value is left out. */
export type NothingShape = {readonly kind: 'nothing'; readonly says: string};

export type ListShape = {readonly kind: 'list'; readonly says: string; readonly of: Shape; readonly least: number; readonly most: number};

/** A map whose fields are known. */
export type FieldsShape = {
	readonly kind: 'fields';
	readonly says: string;
	readonly fields: Readonly<Record<string, Shape>>;
	readonly required?: readonly string[];
	/** Exactly one of these must be there. */
	readonly oneOf?: readonly string[];
	/** A field that is there needs these others. */
	readonly needs?: Readonly<Record<string, readonly string[]>>;
};

/** A map whose fields have names of the author's own. */
export type NamedShape = {readonly kind: 'named'; readonly says: string; readonly of: Shape; readonly required?: readonly string[]; readonly most: number};

/** The first of these that is of the same sort as what stands there. */
export type EitherShape = {readonly kind: 'either'; readonly says: string; readonly of: readonly Shape[]};

/** A shape that is used again inside itself; its name is that of the definition. */
export type LaterShape = {readonly kind: 'later'; readonly name: string; readonly shape: () => Shape};

/** Names that authors give: of variables, steps and answers. */
export const namePattern = {
	source: String.raw`^[\da-z](?:[\d\-a-z]{0,38}[\da-z])?$`,
	wanted: 'a name of lower-case letters, digits and dashes',
} as const;

/** Fields deeper than this in one another are no runbook. */
export const deepest = 40;
