import type {Flow} from './flow.ts';

/** True where the packets settle an attempt, so that nothing is gained by waiting: it was answered, refused or found unreachable, or the client rejected what came back. A reset from the wrong address is never answered. */
export const isDecided = ({ending, impossibleReply}: Flow): boolean => {
	if (ending === 'impossible-reply') {
		return impossibleReply?.resetFrame !== undefined || impossibleReply?.what === 'RST';
	}

	return ending !== 'unanswered';
};
