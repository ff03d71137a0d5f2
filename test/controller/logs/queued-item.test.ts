import { expect, it } from 'vitest';
import { LogPosition } from '../../../src/controller/logs/log-position.ts';
import { createLogSource } from '../../../src/controller/logs/log-source.ts';
import { parseSourceLine, queuedEvent, queuedLine } from '../../../src/controller/logs/queued-item.ts';
import type { ContainerLogLine } from '../../../src/engine/streams/log-demuxer.ts';
import { CONTROLLER } from '../../../src/network/log-entry.ts';

const time = '2026-01-31T12:00:00.123456Z';
const eventOf = (action: string, exitCode?: number) => ({
  ...{ action, id: '1', labels: {}, time },
  ...(exitCode === undefined ? {} : { exitCode }),
});

it.each([
  ['a crash', eventOf('die', 137), { level: 'warn', event: 'node_ended', fields: { of: 'n1', exit_code: 137 } }],
  ['an end', eventOf('die', 0), { level: 'info', event: 'node_ended', fields: { of: 'n1', exit_code: 0 } }],
  ['a lack of memory', eventOf('oom'), { level: 'warn', event: 'node_out_of_memory', fields: { of: 'n1' } }],
  ['a pause', eventOf('pause'), { level: 'info', event: 'node_paused', fields: { of: 'n1' } }],
])('%s of a node is an entry of the controller', (_, event, entry) => {
  const timeMs = Date.parse('2026-01-31T12:00:00Z') + 123.456;
  expect(queuedEvent('n1', event)).toEqual({ timeMs, time, entry: { time, node: CONTROLLER, ...entry } });
});

it('what the engine does by itself is none', () => {
  expect(queuedEvent('n1', eventOf('exec_start'))).toBeUndefined();
});

it.each([
  ['a line of text', 'hello', '2026-01-31T12:00:00.000000Z'],
  [
    'a line with a time of its own',
    '{"time":"2026-01-31T12:00:04.900000Z","event":"listening"}',
    '2026-01-31T11:59:59.900000Z',
  ],
  [
    'a line whose own time cannot be right',
    '{"time":"2026-01-31T15:00:00.000000Z","event":"listening"}',
    '2026-01-31T12:00:00.000000Z',
  ],
])('%s is ordered by the clock of the network, where that of its host is 5 s ahead', (_, text, expected) => {
  const source = createLogSource('n1', 'id', new LogPosition(1_000), {}, 5_000);
  const line: ContainerLogLine = {
    stream: 'stdout',
    time: '2026-01-31T12:00:05.000000000Z',
    timeMs: Date.parse('2026-01-31T12:00:05Z'),
    text,
  };
  const item = queuedLine(source, line);
  expect({ time: item.time, timeMs: Math.round(item.timeMs) }).toEqual({
    time: expected,
    timeMs: Date.parse(expected),
  });
  const own = text.startsWith('{') ? Date.parse(JSON.parse(text).time) : line.timeMs;
  expect(Date.parse(parseSourceLine(source, line).time)).toBe(own - 5_000);
});

it('an event is ordered by the clock of the network', () => {
  expect(queuedEvent('n1', eventOf('pause'), -1_000)?.time).toBe('2026-01-31T12:00:01.123456Z');
});
