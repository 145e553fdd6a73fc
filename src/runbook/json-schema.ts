import {
	type FieldsShape,
	type NamedShape,
	type Shape,
	type TextShape,
	namePattern,
} from './shape.ts';

type Schema = Readonly<Record<string, unknown>>;

type Definitions = Map<string, Schema>;

const schemaOfText = ({says: description, words, pattern, longest: maxLength, isAnyScalar}: TextShape): Schema => {
	if (words) {
		return {description, enum: words};
	}

	return {
		description, type: isAnyScalar === true ? ['string', 'number', 'boolean'] : 'string', maxLength, ...(pattern && {pattern: pattern.source}),
	};
};

const mapValues = <T>(record: Readonly<Record<string, T>>, change: (value: T) => unknown): Schema => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

const schemaOfFields = ({says: description, fields, required, oneOf, needs}: FieldsShape, definitions: Definitions): Schema => ({
	description,
	type: 'object',
	properties: mapValues(fields, shape => schemaOf(shape, definitions)),
	...(required && {required}),
	...(needs && {dependentRequired: needs}),
	...(oneOf && {oneOf: oneOf.map(field => ({required: [field]}))}),
	additionalProperties: false,
});

const schemaOfNamed = ({says: description, of, required, most: maxProperties}: NamedShape, definitions: Definitions): Schema => ({
	description,
	type: 'object',
	minProperties: 1,
	maxProperties,
	propertyNames: {pattern: namePattern.source},
	...(required && {required}),
	additionalProperties: schemaOf(of, definitions),
});

const refer = (name: string, shape: () => Shape, definitions: Definitions): Schema => {
	if (!definitions.has(name)) {
		// It is there before it is described, since it may stand in itself.
		definitions.set(name, {});
		definitions.set(name, schemaOf(shape(), definitions));
	}

	return {$ref: `#/$defs/${name}`};
};

const schemaOf = (shape: Shape, definitions: Definitions): Schema => {
	switch (shape.kind) {
		case 'text': {
			return schemaOfText(shape);
		}

		case 'number': {
			return {
				description: shape.says, type: 'number', minimum: shape.from, maximum: shape.to,
			};
		}

		case 'flag': {
			return {description: shape.says, type: 'boolean'};
		}

		case 'nothing': {
			return {description: shape.says, type: 'null'};
		}

		case 'list': {
			return {
				description: shape.says, type: 'array', minItems: shape.least, maxItems: shape.most, items: schemaOf(shape.of, definitions),
			};
		}

		case 'fields': {
			return schemaOfFields(shape, definitions);
		}

		case 'named': {
			return schemaOfNamed(shape, definitions);
		}

		case 'either': {
			return {description: shape.says, anyOf: shape.of.map(one => schemaOf(one, definitions))};
		}

		case 'later': {
			return refer(shape.name, shape.shape, definitions);
		}
	}
};

/** A shape as JSON schema, which editors read: what is expected where, and what it is for. */
export const composeSchema = (shape: Shape, id: string): string => {
	const definitions: Definitions = new Map();
	const schema = schemaOf(shape, definitions);
	return `${JSON.stringify({
		$schema: 'https://json-schema.org/draft/2020-12/schema', $id: id, title: id, ...schema, $defs: Object.fromEntries(definitions),
	}, undefined, '\t')}\n`;
};
