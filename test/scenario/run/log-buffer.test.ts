import { expect, test } from 'vitest';
import type { LogEntry } from '../../../src/network/log-entry.ts';
import { LogBuffer } from '../../../src/scenario/run/log-buffer.ts';

const entry = (time: string, event: string): LogEntry => ({ time, node: 'a', level: 'info', event, fields: {} });

test('a subscriber gets earlier and later entries from a moment on, those of the same millisecond too', () => {
  const buffer = new LogBuffer();
  buffer.push([entry('2026-01-01T00:00:00.999900Z', 'before'), entry('2026-01-01T00:00:01.000100Z', 'same')]);
  const events: string[] = [];
  const unsubscribe = buffer.subscribe(Date.parse('2026-01-01T00:00:01Z') + 0.3, ({ event }) => events.push(event));
  buffer.push([entry('2026-01-01T00:00:00.500000Z', 'late arrival'), entry('2026-01-01T00:00:02.000000Z', 'after')]);
  unsubscribe();
  buffer.push([entry('2026-01-01T00:00:03.000000Z', 'unsubscribed')]);
  expect(events).toEqual(['same', 'after']);
});

test('the last entries are in the order in which they came', () => {
  const buffer = new LogBuffer();
  for (let index = 0; index < 20_000; index++) buffer.push([entry('2026-01-01T00:00:00.000000Z', `e${index}`)]);
  expect(buffer.last(2).map(({ event }) => event)).toEqual(['e19998', 'e19999']);
});
