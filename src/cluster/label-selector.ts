import {
	dig,
	readList,
	readText,
	readTexts,
} from './read-json.ts';

/** A map of labels as the text that the API's `labelSelector` parameter takes. */
export const formatLabels = (labels: Readonly<Record<string, string>>): string =>
	Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(',');

const formatExpression = (expression: unknown): string => {
	const key = readText(dig(expression, 'key'));
	const values = readList(dig(expression, 'values')).map(value => readText(value)).join(',');
	const forms = new Map([
		['In', `${key} in (${values})`], ['NotIn', `${key} notin (${values})`], ['Exists', key], ['DoesNotExist', `!${key}`],
	]);
	return forms.get(readText(dig(expression, 'operator'))) ?? '';
};

/** A workload's `spec.selector` as that text; empty when it selects nothing that can be read. */
export const formatWorkloadSelector = (workload: unknown): string => {
	const selector = dig(workload, 'spec', 'selector');
	const expressions = readList(dig(selector, 'matchExpressions')).map(expression => formatExpression(expression));
	return [formatLabels(readTexts(dig(selector, 'matchLabels'))), ...expressions].filter(part => part !== '').join(',');
};
