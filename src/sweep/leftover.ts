/** Something that a session made. */
export type Leftover = {
	readonly kind: 'pod' | 'namespace' | 'directory';
	readonly name: string;
	/** Whose it is and where, for a person. */
	readonly detail: string;
	/** The session that made it still runs, as far as can be told. */
	readonly isInUse: boolean;
	/** What a person would type to remove it. */
	readonly command: string;
	/** Resolves with why it could not be removed. */
	remove(): Promise<string | undefined>;
};
