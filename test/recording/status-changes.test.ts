import { describe, expect, it } from 'vitest';
import { EMPTY_SNAPSHOT } from '../../src/recording/apply-event.ts';
import type { Snapshot } from '../../src/recording/recording-event.ts';
import { diffConditions, diffFaults, diffStatus } from '../../src/recording/status-changes.ts';

const since = '2026-01-31T12:00:00.000000Z';
const n1 = { name: 'n1', state: 'running', address: '10.0.0.2:3000' } as const;
const up = { from: 'n1', to: 'n2', state: 'up' } as const;

const known: Snapshot = {
  ...EMPTY_SNAPSHOT,
  nodes: [
    { ...n1, since, lacks: ['get_status'] },
    { ...n1, name: 'n2', state: 'exited', exitCode: 137, since },
  ],
  links: [
    { ...up, rtt: 2 },
    { ...up, to: '10.0.0.9:1', state: 'extra' },
  ],
};

describe('what a status changes in a recording', () => {
  it('is nothing when all is as it was, as far as a status tells', () => {
    const nodes = [
      { ...n1, uptime: 7, memory: 1_000, memoryLimit: 2_000 },
      { ...n1, name: 'n2', state: 'exited' as const },
    ];
    const links = [
      { ...up, rttAgeMs: 5 },
      { ...up, to: '10.0.0.9:1', state: 'extra' as const },
    ];
    expect(diffStatus(known, { nodes, links })).toEqual([]);
  });

  it('is each node and link that differs, and links that are gone', () => {
    const nodes = [
      { ...n1, misplacement: 'off its network' },
      { ...n1, name: 'n2' },
    ];
    expect(diffStatus(known, { nodes, links: [{ ...up, state: 'broken', cut: 'cut-1' }] })).toEqual([
      { type: 'nodes', nodes: [{ ...nodes[0], lacks: ['get_status'] }, nodes[1]] },
      {
        type: 'links',
        links: [{ ...up, state: 'broken', cut: 'cut-1' }],
        removed: [{ from: 'n1', to: '10.0.0.9:1' }],
      },
    ]);
  });
});

describe('what the faults in force change', () => {
  const fault = (name: string, kind?: 'partition' | 'kill') => ({
    name,
    description: name,
    since,
    ...(kind === 'kill' ? { faults: [{ kind, node: 'n1' }] } : {}),
  });

  it('is what was injected and what was healed, but for faults on nodes, which are not among them', () => {
    const snapshot = { ...EMPTY_SNAPSHOT, faults: [fault('old'), fault('kept'), fault('killed', 'kill')] } as Snapshot;
    const active = [
      { name: 'kept', description: 'kept' },
      {
        name: 'new',
        description: 'cut n1 / n2',
        since: Date.parse(since),
        until: Date.parse(since) + 500,
        by: 'ada@laptop',
      },
    ];
    expect(diffFaults(snapshot, active)).toEqual([
      { type: 'heal', name: 'old' },
      {
        type: 'fault',
        name: 'new',
        description: 'cut n1 / n2',
        since,
        until: '2026-01-31T12:00:00.500000Z',
        by: 'ada@laptop',
      },
    ]);
  });
});

describe('what the conditions in force change', () => {
  const snapshot = {
    ...EMPTY_SNAPSHOT,
    conditions: [
      { from: 'n1', to: 'n2', delay: 50 },
      { from: 'n2', to: 'n1', delay: 50 },
    ],
  };
  const topology = { links: [up] };

  it('is nothing when they are the same in another order', () => {
    expect(diffConditions(snapshot, topology, [...snapshot.conditions].reverse())).toEqual([]);
  });

  it('is each direction that differs, also one without any; pairs without a link are left out', () => {
    const inForce = [
      { from: 'n1', to: 'n2', delay: 50, cut: 'cut-1' },
      { from: 'n7', to: 'n8', cut: 'cut-1' },
    ];
    expect(diffConditions(snapshot, topology, inForce)).toEqual([
      { type: 'conditions', conditions: [inForce[0], { from: 'n2', to: 'n1' }] },
    ]);
  });
});
