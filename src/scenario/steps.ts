import type { Path } from '../topology/path.ts';
import type { Reading } from '../topology/reading.ts';
import { found, isMap, quote } from '../topology/wording.ts';
import { readBeside } from './beside.ts';
import { readAction } from './doing.ts';
import type { Roll } from './roll.ts';
import { DOINGS, type Doing, Modifiers } from './schema/index.ts';
import type { Step } from './step.ts';
import { checkDraws, readWhen } from './when.ts';

/**
 * Parses one step; undefined when it has mistakes, which are then noted.
 * @param before when the step before it is, milliseconds: where a step gives no time, it is then as well
 */
export function readStep(reading: Reading, roll: Roll, item: unknown, path: Path, before: number): Step | undefined {
  if (!isMap(item)) {
    reading.mistake(path, `expected a step such as { at: 10s, kill: n3 }, got ${found(item)}`);
    return undefined;
  }
  const start = reading.count;
  const keys = reading.keys(item, path);
  const known = [...Object.keys(Modifiers), ...DOINGS];
  for (const key of keys) if (!known.includes(key)) reading.unknownKey([...path, key], known);
  const [doing, ...more] = keys.filter((key) => (DOINGS as string[]).includes(key)) as Doing[];
  if (doing === undefined) {
    if (reading.count === start) reading.mistake(path, `expected something to do: one of ${DOINGS.join(', ')}`);
    return undefined;
  }
  for (const key of more) {
    const message = `expected one thing to do, got ${quote(key)} beside ${quote(doing)}`;
    reading.mistake([...path, key], message, {
      hint: 'make it a step of its own: at the same time, if it has no "at"',
      part: 'key',
    });
  }
  const beside = readBeside(reading, item, doing, keys, path);
  const action = readAction(reading, roll, { doing, value: item[doing], beside, path: [...path, doing] });
  const when = readWhen(reading, doing, beside, path, before);
  if (when !== undefined && action !== undefined) checkDraws(reading, when, action, [...path, doing]);
  if (reading.count > start || when === undefined || action === undefined) return undefined;
  return { when, ...(beside.name === undefined ? {} : { name: beside.name }), action };
}
