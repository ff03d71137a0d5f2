import type { Path } from '../topology/path.ts';
import type { Reading } from '../topology/reading.ts';
import { quote } from '../topology/wording.ts';
import { type Doing, Modifiers, TAKES } from './schema/index.ts';

/** What stands beside what a step does, checked. */
export interface Beside {
  at?: number;
  every?: number;
  until?: number;
  times?: number;
  for?: number;
  name?: string;
  oneway?: boolean;
}

/** Reads the keys of a step beside that of what it does; notes those that mean nothing there. */
export function readBeside(
  reading: Reading,
  item: Record<string, unknown>,
  doing: Doing,
  keys: readonly string[],
  path: Path,
): Beside {
  const beside: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(Modifiers)) {
    if (!keys.includes(key)) continue;
    if (!(TAKES[doing] as readonly string[]).includes(key)) {
      reading.mistake([...path, key], `${quote(key)} means nothing beside ${quote(doing)}`, {
        hint: `it takes ${TAKES[doing].join(', ')}`,
        part: 'key',
      });
      continue;
    }
    const value = reading.check(schema, item[key], [...path, key]);
    if (value !== undefined) beside[key] = value;
  }
  return beside;
}
