import { type JsonSchema, toJsonSchema } from '../../topology/schema/index.ts';
import { ExperimentFile } from './schema.ts';
import { EMBEDDED_PARAMETER, WHOLE_PARAMETER } from './template.ts';

type Schemas = Record<string, JsonSchema>;

/** What may stand in a template instead of a value. Without a word of its own: editors show what is said of the value. */
const PARAMETER_DEFINITIONS = {
  Parameter: { type: 'string', pattern: WHOLE_PARAMETER.source },
  ParametersInText: { type: 'string', pattern: EMBEDDED_PARAMETER.source },
} as const satisfies Schemas;

/** The JSON Schema of an experiment file, for editors. */
export function experimentJsonSchema(): JsonSchema {
  const schema = toJsonSchema(ExperimentFile);
  const properties = schema.properties as Schemas;
  // All of them are of topologies and of faults.
  const definitions = schema.$defs as Schemas;
  const { template, place } = createTemplateSchemas(definitions);
  return {
    ...schema,
    properties: { ...properties, topology: template(properties.topology!), faults: place(properties.faults!) },
    $defs: { ...mapValues(definitions, template), ...PARAMETER_DEFINITIONS },
  };
}

/**
 * Turns schemas into those of their templates: for any value in them there may stand a parameter, also within text where
 * the value may be text. Keys stay what they are, so that editors complete them.
 * @param definitions what the schemas refer to, as it is outside of templates
 */
function createTemplateSchemas(definitions: Schemas) {
  const template = (schema: JsonSchema): JsonSchema => {
    const { oneOf: _, ...made } = schema;
    // By a key that a parameter stands for, forms cannot be told apart any more.
    const forms = alternativesOf(schema);
    if (forms) made.anyOf = forms.map(template);
    if (isSchema(made.items)) made.items = place(made.items);
    if (isSchema(made.additionalProperties)) made.additionalProperties = place(made.additionalProperties);
    if (made.properties) made.properties = mapValues(made.properties as Schemas, place);
    return made;
  };

  /** A value of this schema, or a parameter; what is said of the one holds for the other. */
  const place = (schema: JsonSchema): JsonSchema => {
    const made = template(schema);
    const texts = textsIn(schema);
    if (texts === 'any') return made;
    const { about, form } = splitAnnotations(made);
    const forms = Object.keys(form).join() === 'anyOf' ? alternativesOf(form)! : [form];
    const parameter: keyof typeof PARAMETER_DEFINITIONS = texts === 'some' ? 'ParametersInText' : 'Parameter';
    return { ...about, anyOf: [...forms, { $ref: `#/$defs/${parameter}` }] };
  };

  /** How many of all texts a schema takes. */
  const textsIn = (schema: JsonSchema): 'any' | 'some' | 'none' => {
    if (schema.$ref !== undefined) return textsIn(definitions[schema.$ref.replace('#/$defs/', '')]!);
    const forms = alternativesOf(schema)?.map(textsIn);
    if (forms) return (['any', 'some'] as const).find((texts) => forms.includes(texts)) ?? 'none';
    if (schema.type === undefined) return 'any';
    if (![schema.type].flat().includes('string')) return 'none';
    return (schema.pattern ?? schema.enum ?? schema.const) === undefined ? 'any' : 'some';
  };

  return { template, place };
}

/** What editors tell of a schema, and what it takes. */
function splitAnnotations({ title, description, default: usual, examples, ...form }: JsonSchema) {
  const about = Object.entries({ title, description, default: usual, examples });
  return { about: Object.fromEntries(about.filter(([, value]) => value !== undefined)) as JsonSchema, form };
}

const alternativesOf = ({ anyOf, oneOf }: JsonSchema) => (anyOf ?? oneOf) as JsonSchema[] | undefined;

const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && !Array.isArray(value);

const mapValues = (schemas: Schemas, change: (schema: JsonSchema) => JsonSchema): Schemas =>
  Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, change(schema)]));
