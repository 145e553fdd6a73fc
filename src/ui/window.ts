/** What the screens want, and what they begin with at least. */
export const smallestWindow = {columns: 80, rows: 24} as const;

/** A window that became smaller is drawn as long as anything can be read in it. */
export const drawnDownTo = {columns: 60, rows: 12} as const;

/** Which lines of a list are shown, so that the cursor is among them: from `first` up to, not including, `last`. */
export const windowOf = (length: number, cursor: number, height: number): {readonly first: number; readonly last: number} => {
	const room = Math.max(0, height);
	const first = Math.max(0, Math.min(length - room, cursor - Math.floor(room / 2)));
	return {first, last: Math.min(length, first + room)};
};
