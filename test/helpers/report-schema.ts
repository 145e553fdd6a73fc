import {readFileSync} from 'node:fs';
import {Ajv2020} from 'ajv/dist/2020.js';

const readSchema = (name: string): Record<string, unknown> =>
	JSON.parse(readFileSync(new URL(`../../src/report/${name}-v1.schema.json`, import.meta.url), 'utf8')) as Record<string, unknown>;

/** What of a document does not fit hairpin/report/v1, or hairpin/nodes/v1; empty where it fits. */
export const findMistakes = (document: unknown, name: 'report' | 'nodes' = 'report'): readonly string[] => {
	const ajv = new Ajv2020({allErrors: true, allowUnionTypes: true});
	const validate = ajv.compile(readSchema(name));
	validate(document);
	return (validate.errors ?? []).map(({instancePath, message}) => `${instancePath} ${message ?? ''}`);
};
