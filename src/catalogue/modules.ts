import {readdirSync} from 'node:fs';
import path from 'node:path';

/** What each file of src/checks exports, by the file's name without its ending. The bundle has them as imports instead (build/list-checks.ts). */
export const modules: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map(await Promise.all(readdirSync(path.join(import.meta.dirname, '../checks'))
	.filter(file => file.endsWith('.ts'))
	.map(async file => [path.basename(file, '.ts'), await import(`../checks/${file}`) as Record<string, unknown>] as const)));
