import { type JsonSchema, toJsonSchema } from '../../topology/schema/index.ts';
import { ExperimentFile } from './schema.ts';
import { EMBEDDED_PARAMETER, WHOLE_PARAMETER } from './template.ts';

type Schemas = Record<string, JsonSchema>;

/** Text that can replace a value in a template. It has no description: editors show that of the value. */
const PARAMETER_DEFINITIONS = {
  Parameter: { type: 'string', pattern: WHOLE_PARAMETER.source },
  ParametersInText: { type: 'string', pattern: EMBEDDED_PARAMETER.source },
} as const satisfies Schemas;

/** Returns the JSON Schema of experiment files, for editors. */
export function experimentJsonSchema(): JsonSchema {
  const schema = toJsonSchema(ExperimentFile);
  const properties = schema.properties as Schemas;
  // Topologies and faults, which are templates, are all that has definitions.
  const definitions = schema.$defs as Schemas;
  const { template, place } = createTemplateSchemas(definitions);
  return {
    ...schema,
    properties: { ...properties, topology: template(properties.topology!), faults: place(properties.faults!) },
    $defs: { ...mapValues(definitions, template), ...PARAMETER_DEFINITIONS },
  };
}

/**
 * Turns schemas into those of their templates, in which a parameter can replace any value, or a part of one that can be text.
 * Keys stay as they are, so that editors complete them.
 * @param definitions of what the schemas refer to, outside of templates
 */
function createTemplateSchemas(definitions: Schemas) {
  const template = (schema: JsonSchema): JsonSchema => {
    const { oneOf: _, ...made } = schema;
    // A parameter may match several alternatives, where oneOf allows only one.
    const forms = alternativesOf(schema);
    if (forms) made.anyOf = forms.map(template);
    if (isSchema(made.items)) made.items = place(made.items);
    if (isSchema(made.additionalProperties)) made.additionalProperties = place(made.additionalProperties);
    if (made.properties) made.properties = mapValues(made.properties as Schemas, place);
    return made;
  };

  /** A value of this schema or a parameter, with the annotations of the schema. */
  const place = (schema: JsonSchema): JsonSchema => {
    const made = template(schema);
    const texts = textsIn(schema);
    if (texts === 'any') return made;
    const { annotations, form } = splitAnnotations(made);
    const forms = Object.keys(form).join() === 'anyOf' ? alternativesOf(form)! : [form];
    const parameter: keyof typeof PARAMETER_DEFINITIONS = texts === 'some' ? 'ParametersInText' : 'Parameter';
    return { ...annotations, anyOf: [...forms, { $ref: `#/$defs/${parameter}` }] };
  };

  /** Returns whether a schema accepts any text, some texts or none. */
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

/** Splits a schema into what editors show of it and what it accepts. */
function splitAnnotations({ title, description, default: fallback, examples, ...form }: JsonSchema) {
  const annotations = Object.entries({ title, description, default: fallback, examples });
  return {
    annotations: Object.fromEntries(annotations.filter(([, value]) => value !== undefined)) as JsonSchema,
    form,
  };
}

const alternativesOf = ({ anyOf, oneOf }: JsonSchema) => (anyOf ?? oneOf) as JsonSchema[] | undefined;

const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && !Array.isArray(value);

const mapValues = (schemas: Schemas, change: (schema: JsonSchema) => JsonSchema): Schemas =>
  Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, change(schema)]));
