import { describe, expect, it } from 'vitest';
import { CONTROLLER, type LogEntry } from '../../src/network/log-entry.ts';
import { type LogChange, readLogChange } from '../../src/recording/log-changes.ts';

const since = '2026-01-31T12:00:00.000000Z';
const n1 = { name: 'n1', state: 'running', address: '10.0.0.2:3000' } as const;
const snapshot = {
  nodes: [
    { ...n1, since },
    { ...n1, name: 'n2', address: '10.0.0.3:3000', since },
  ],
  links: [
    { from: 'n1', to: 'n2', state: 'up', rtt: 1 },
    { from: 'n2', to: 'n1', state: 'broken' },
    { from: 'n2', to: '10.0.0.9:1', state: 'extra' },
  ] as const,
  faults: [{ name: 'cut-1', description: 'cut n1 / n2', since }],
};
const names = new Map([
  ['10.0.0.2:3000', 'n1'],
  ['10.0.0.3:3000', 'n2'],
]);
const entry = (node: string, event: string, fields: Record<string, unknown> = {}): LogEntry => ({
  time: since,
  node,
  level: 'info',
  event,
  fields,
});

describe('what an entry of the log tells of', () => {
  it.each<[string, LogEntry, LogChange | undefined]>([
    [
      'a node that ended, with its links',
      entry(CONTROLLER, 'node_ended', { of: 'n1', exit_code: 137 }),
      {
        kind: 'node',
        node: { ...n1, state: 'exited', exitCode: 137 },
        links: [
          { from: 'n1', to: 'n2', state: 'dead', rtt: 1 },
          { from: 'n2', to: 'n1', state: 'dead' },
        ],
      },
    ],
    [
      'a node that is frozen',
      entry(CONTROLLER, 'node_paused', { of: 'n2' }),
      { kind: 'node', node: { name: 'n2', state: 'paused', address: '10.0.0.3:3000' }, links: [] },
    ],
    ['a node that runs, as is known', entry(CONTROLLER, 'node_started', { of: 'n1' }), undefined],
    ['a node that nobody knows', entry(CONTROLLER, 'node_ended', { of: 'n7', exit_code: 0 }), undefined],
    ['a fault', entry(CONTROLLER, 'fault_injected', { fault: 'cut-1' }), { kind: 'faults' }],
    [
      'a fault that was healed',
      entry(CONTROLLER, 'fault_healed', { fault: 'cut-1' }),
      { kind: 'faults', healed: 'cut-1' },
    ],
    ['one that nobody knew of', entry(CONTROLLER, 'fault_healed', { fault: 'cut-2' }), { kind: 'faults' }],
    ['link conditions', entry(CONTROLLER, 'link_conditions', { from: 'n1', to: 'n2' }), { kind: 'faults' }],
    ['the same event of a node, which is no fault', entry('n1', 'fault_injected'), undefined],
    ['an event with the name of a method', entry(CONTROLLER, 'constructor', { of: 'n1' }), undefined],
    [
      'a link that broke',
      entry('n1', 'link_down', { peer: '10.0.0.3:3000', reason: 'reset' }),
      { kind: 'link', link: { from: 'n1', to: 'n2', state: 'broken', rtt: 1 } },
    ],
    [
      'a link that is up again',
      entry('n2', 'link_up', { peer: '10.0.0.2:3000', rtt_ms: 0.4 }),
      { kind: 'link', link: { from: 'n2', to: 'n1', state: 'up', rtt: 0.4 } },
    ],
    ['a link that is up, as is known', entry('n1', 'link_up', { peer: '10.0.0.3:3000' }), undefined],
    ['a link that is not declared', entry('n2', 'link_up', { peer: '10.0.0.9:1' }), undefined],
    ['anything else', entry('n1', 'output', { text: 'link_down' }), undefined],
  ])('is %s', (_, one, expected) =>
    expect(readLogChange(one, { ...snapshot, links: [...snapshot.links] }, names)).toEqual(expected),
  );
});
