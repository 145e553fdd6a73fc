export {podLabel, serviceLabel} from '../../cluster/pod-label.ts';

/** `10.244.0.19:80`, `[fd00::13]:80`. */
export const formatAddress = ({ip, port}: {readonly ip: string; readonly port: number | undefined}): string => {
	const host = ip.includes(':') ? `[${ip}]` : ip;
	return port === undefined ? ip : `${host}:${port}`;
};

/** `a`, `a and b`, `a, b and c`. */
export const joinWords = (words: readonly string[]): string => {
	const unique = [...new Set(words)];
	return unique.length < 2 ? unique.join('') : `${unique.slice(0, -1).join(', ')} and ${unique.at(-1)}`;
};

export const pluralize = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

const actions: Readonly<Record<string, string>> = {
	timeout: 'times out', refused: 'is refused', unreachable: 'is unreachable', error: 'fails', open: 'works',
};

/** What a failed attempt did, as the end of a sentence: `times out`. */
export const describeOutcome = (outcome: string): string => actions[outcome] ?? 'fails';
