import type {Check} from '../check.ts';
import {modules} from './modules.ts';

/** The check that a file exports, whose id is the file's name. Throws where there is none. */
const readCheck = (name: string, exported: Readonly<Record<string, unknown>>): Check => {
	const check = (Object.values(exported) as ReadonlyArray<Partial<Check>>).find(({id}) => id === name);
	if (!check) {
		throw new TypeError(`src/checks/${name}.ts exports no check of that id`);
	}

	return check as Check;
};

/** Every check, in the order on screen. */
export const checks: readonly Check[] = [...modules].map(([name, exported]) => readCheck(name, exported)).toSorted((one, other) => one.place - other.place);
