/** A failure that the user can act on: what happened, and what to do next. Shown as one sentence each, never with a stack. */
export class UserFacingError extends Error {
	readonly because: string;
	readonly tryThis: string;

	constructor(because: string, tryThis: string) {
		super(because);
		this.name = 'UserFacingError';
		this.because = because;
		this.tryThis = tryThis;
	}
}
