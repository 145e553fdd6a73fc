import {UserFacingError} from './user-facing-error.ts';

declare const given: unique symbol;

/** What everything that changes something asks for. It comes from here alone. */
export type Consent = {readonly [given]: true};

export type Will = {
	/** Given with --yes, or by a key press after the change was shown. */
	readonly isAgreed: boolean;
	/** Takes every way to change away, whatever else was said. */
	readonly isReadOnly: boolean;
};

const consent = {} as Consent; // eslint-disable-line @typescript-eslint/consistent-type-assertions

/** Throws `UserFacingError` where nothing may be changed. */
export const giveConsent = ({isAgreed, isReadOnly}: Will): Consent => {
	if (isReadOnly) {
		throw new UserFacingError('nothing may be changed with --read-only', 'leave it out; --dry-run shows what would be done');
	}

	if (!isAgreed) {
		throw new UserFacingError('nothing was changed: nobody agreed', 'say --yes, or answer y');
	}

	return consent;
};
