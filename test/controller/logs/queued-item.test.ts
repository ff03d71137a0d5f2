import { expect, it } from 'vitest';
import { queuedEvent } from '../../../src/controller/logs/queued-item.ts';
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
