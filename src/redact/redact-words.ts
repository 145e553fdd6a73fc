/** The words in a value, but for those of the program itself. */
export const redactWords = <T>(value: T, text: (text: string) => string, own: readonly string[]): T => {
	if (typeof value !== 'object' || value === null) {
		return (typeof value === 'string' ? text(value) : value) as T;
	}

	if (Array.isArray(value)) {
		return value.map((item: unknown) => redactWords(item, text, own)) as T;
	}

	return Object.fromEntries(Object.entries(value).map(([key, item]: [string, unknown]) => [key, own.includes(key) ? item : redactWords(item, text, own)])) as T;
};
