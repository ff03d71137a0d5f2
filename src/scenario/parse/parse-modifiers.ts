import { quote } from '../../topology/document/diagnostic-text.ts';
import type { DocumentPath } from '../../topology/document/document-path.ts';
import type { ParseContext } from '../../topology/document/parse-context.ts';
import { type ActionName, ALLOWED_MODIFIERS, modifierSchemas } from '../schema/steps.ts';

/** What stands beside what a step does, checked. */
export interface StepModifiers {
  at?: number;
  every?: number;
  until?: number;
  times?: number;
  for?: number;
  name?: string;
  oneway?: boolean;
}

/** Reads the keys of a step beside that of what it does; notes those that mean nothing there. */
export function parseModifiers(
  reading: ParseContext,
  item: Record<string, unknown>,
  doing: ActionName,
  keys: readonly string[],
  path: DocumentPath,
): StepModifiers {
  const beside: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(modifierSchemas)) {
    if (!keys.includes(key)) continue;
    if (!(ALLOWED_MODIFIERS[doing] as readonly string[]).includes(key)) {
      reading.report([...path, key], `${quote(key)} means nothing beside ${quote(doing)}`, {
        hint: `it takes ${ALLOWED_MODIFIERS[doing].join(', ')}`,
        span: 'key',
      });
      continue;
    }
    const value = reading.validate(schema, item[key], [...path, key]);
    if (value !== undefined) beside[key] = value;
  }
  return beside;
}
