import { z } from 'zod';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Converts a schema to JSON Schema for editors, without the metadata that only diagnostics use. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      delete jsonSchema.expected;
      delete jsonSchema.suggest;
      delete jsonSchema.explain;
      // zod drops the examples of a transformed schema, since they may be of the output. Ours are of the input.
      const examples = z.globalRegistry.get(zodSchema)?.examples;
      if (examples && jsonSchema.$ref === undefined) jsonSchema.examples = examples as unknown[];
    },
  });
}
