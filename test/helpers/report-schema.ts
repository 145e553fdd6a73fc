import {readFileSync} from 'node:fs';
import {Ajv2020} from 'ajv/dist/2020.js';

const schema = JSON.parse(readFileSync(new URL('../../src/report/report-v1.schema.json', import.meta.url), 'utf8')) as Record<string, unknown>;

/** What of a document does not fit hairpin/report/v1; empty where it fits. */
export const findMistakes = (document: unknown): readonly string[] => {
	const ajv = new Ajv2020({allErrors: true, allowUnionTypes: true});
	const validate = ajv.compile(schema);
	validate(document);
	return (validate.errors ?? []).map(({instancePath, message}) => `${instancePath} ${message ?? ''}`);
};
