import { expect, it } from 'vitest';
import { RepeatCollapser } from '../../../src/cli/output/collapse-repeats.ts';
import type { LogEntry } from '../../../src/network/log-entry.ts';

const entry = (time: string, node: string, event: string, fields: Record<string, unknown> = {}): LogEntry => ({
  time,
  node,
  level: 'info',
  event,
  fields,
});
const at = (second: number) => `2026-01-01T00:00:0${second}.250000Z`;

it('collapses runs that differ only in their time, across batches', () => {
  const collapser = new RepeatCollapser();
  const lines = [
    entry(at(1), 'a', 'x'),
    entry(at(2), 'a', 'x'),
    entry(at(3), 'a', 'x', { n: 1 }),
    entry(at(4), 'b', 'x'),
    entry(at(5), 'b', 'x'),
  ];
  const collapsed = [
    ...collapser.push(lines.slice(0, 1)),
    ...collapser.push(lines.slice(1, 4)),
    ...collapser.push(lines.slice(4)),
    ...collapser.flush(),
  ];
  expect(collapsed.map(({ entry: { time }, repeats }) => [time, repeats])).toEqual([
    [at(1), 1],
    [at(3), 0],
    [at(4), 1],
  ]);
  expect(collapser.flush()).toEqual([]);
});
