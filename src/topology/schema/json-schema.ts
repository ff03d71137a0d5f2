import { z } from 'zod';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The JSON Schema of what a file may hold, for editors: without what only the telling of mistakes needs. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      delete jsonSchema.expected;
      delete jsonSchema.likely;
      // Of text that is read as something else, they are left out, as if they might be of that. Ours are of the text.
      const examples = z.globalRegistry.get(zodSchema)?.examples;
      if (examples && jsonSchema.$ref === undefined) jsonSchema.examples = examples as unknown[];
    },
  });
}
