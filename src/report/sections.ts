/** Lines moved to the right; empty ones stay empty. */
export const indent = (lines: readonly string[], by = '  '): readonly string[] => lines.map(line => (line === '' ? '' : by + line));

/** Lines under a title, with an empty one before it; nothing where there are none. */
export const section = (title: string, lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : ['', title, ...indent(lines)]);
