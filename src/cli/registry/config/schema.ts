import type { Leaf, Section, Shape } from './shape.ts';

const ID = 'https://json-schema.org/draft/2020-12/schema';
const SECRET = {
  type: 'object',
  properties: {
    file: { type: 'string', description: 'A file with the secret; one line end is left out' },
    env: { type: 'string', description: 'A variable with the secret' },
  },
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
};

/** The JSON schema of config files, for editors. */
export function schemaOf(shape: Section): object {
  return { $schema: ID, title: 'stave registry', ...nodeOf(shape) };
}

function nodeOf(shape: Shape): object {
  const description = shape.about;
  switch (shape.kind) {
    case 'section':
      return {
        type: 'object',
        description,
        properties: Object.fromEntries(
          Object.entries(shape.fields).map(([key, field]) => [key, nodeOf(field)]),
        ),
        ...(shape.required && { required: shape.required }),
        additionalProperties: false,
      };
    case 'sections':
      return { type: 'array', description, items: nodeOf(shape.of) };
    case 'secret':
      return { description, ...SECRET };
    case 'map':
      return {
        type: 'object',
        description,
        additionalProperties: { anyOf: [{ type: 'string' }, SECRET] },
      };
    default: {
      const { initial } = shape;
      const one = typeOf(shape);
      return {
        description,
        ...(initial !== undefined && { default: initial }),
        ...(shape.isList ? { type: 'array', items: one } : one),
      };
    }
  }
}

function typeOf({ kind, words }: Leaf): object {
  switch (kind) {
    case 'toggle':
      return { type: 'boolean' };
    case 'int':
      return { type: 'integer' };
    case 'decimal':
      return { type: 'number' };
    case 'bytes':
      return { type: ['integer', 'string'], pattern: '^\\d', minimum: 0 };
    case 'duration':
      return { type: ['string', 'integer'], pattern: '^\\d', maximum: 0, minimum: 0 };
    case 'word':
      return { enum: words };
    case 'url':
      return { type: 'string', format: 'uri', pattern: '^https?://' };
    default:
      return { type: 'string', minLength: 1 };
  }
}
