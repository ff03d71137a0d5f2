import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEvent, EMPTY_SNAPSHOT } from '../../src/recording/apply-event.ts';
import { LiveRecording, type NewEvent } from '../../src/recording/live-recording.ts';
import type { RecordingEvent, Snapshot } from '../../src/recording/recording-event.ts';
import { arbitraryEvent, createClock, RECORDING } from './arbitrary-events.ts';

const at = (second: number) => `2026-01-31T12:00:${String(second).padStart(2, '0')}.000000Z`;

/** Applies events a second apart. */
function replay(...events: NewEvent[]): Snapshot {
  return events.reduce(
    (state, event, index) => applyEvent(state, { time: at(index), ...event } as RecordingEvent),
    EMPTY_SNAPSHOT,
  );
}

const running = { name: 'n1', state: 'running', address: '10.0.0.2:3000' } as const;
const ended = { ...running, state: 'exited', exitCode: 137 } as const;
const up = { from: 'n1', to: 'n2', state: 'up' } as const;
const cut: NewEvent = { type: 'fault', name: 'cut-1', description: 'cut n1 / n2' };

describe('the state after events', () => {
  it.each<[string, NewEvent[], Partial<Snapshot>]>([
    ['nothing', [], { time: '', nodes: [], links: [] }],
    ['a node', [{ type: 'nodes', nodes: [running] }], { nodes: [{ ...running, since: at(0) }] }],
    [
      'a node that ended',
      [
        { type: 'nodes', nodes: [running] },
        { type: 'nodes', nodes: [ended] },
      ],
      { nodes: [{ ...ended, since: at(1) }] },
    ],
    [
      'a node that is at another address, in the same state',
      [
        { type: 'nodes', nodes: [running] },
        { type: 'nodes', nodes: [{ ...running, address: '10.0.0.3:3000' }] },
      ],
      { nodes: [{ ...running, address: '10.0.0.3:3000', since: at(0) }] },
    ],
    [
      'links that change, keep their place, and go',
      [
        { type: 'links', links: [up, { ...up, from: 'n3' }] },
        { type: 'links', links: [{ ...up, state: 'broken', cut: 'cut-1' }], removed: [{ from: 'n3', to: 'n2' }] },
      ],
      { links: [{ ...up, state: 'broken', cut: 'cut-1' }] },
    ],
    [
      'conditions, and a direction that has none left',
      [
        {
          type: 'conditions',
          conditions: [
            { from: 'n1', to: 'n2', delay: 50 },
            { from: 'n2', to: 'n1', cut: 'cut-1' },
          ],
        },
        { type: 'conditions', conditions: [{ from: 'n1', to: 'n2' }] },
      ],
      { conditions: [{ from: 'n2', to: 'n1', cut: 'cut-1' }] },
    ],
    ['a fault', [cut], { faults: [{ name: 'cut-1', description: 'cut n1 / n2', since: at(0) }] }],
    [
      'a fault that was known later than it began',
      [{ ...cut, since: '2026-01-31T11:59:59.000000Z' } as NewEvent],
      { faults: [{ name: 'cut-1', description: 'cut n1 / n2', since: '2026-01-31T11:59:59.000000Z' }] },
    ],
    ['a fault that was healed', [cut, { type: 'heal', name: 'cut-1' }], { faults: [] }],
    [
      'a restart, which is over at once',
      [{ type: 'fault', name: 'r', description: 'restart n1', faults: [{ kind: 'restart', node: 'n1' }] }],
      { faults: [] },
    ],
    [
      'log entries',
      [
        {
          type: 'log',
          entries: [
            { time: at(0), node: 'n1', level: 'warn', event: 'inbound_refused' },
            { time: at(0), node: 'n1', level: 'info', event: 'gossip_received', id: 'm1' },
            { time: at(0), node: 'n1', level: 'error', event: 'crashed' },
          ],
        },
      ],
      { counts: { entries: 3, warnings: 1, errors: 1, receipts: 1 } },
    ],
    [
      'samples, of which the last value of each counts',
      [
        { type: 'samples', samples: { memory_bytes: { n1: 1, n2: 2 }, links_up: { '': 4 } } },
        { type: 'samples', samples: { memory_bytes: { n2: 3 } } },
      ],
      { samples: { memory_bytes: { n1: 1, n2: 3 }, links_up: { '': 4 } } },
    ],
    [
      'a scenario that failed',
      [
        { type: 'scenario_started', title: 'split.yaml' },
        { type: 'verdict', description: 'no drift within 5s', met: false, since: at(0), seen: 'down: n1' },
        { type: 'scenario_ended', passed: false },
      ],
      {
        scenario: {
          title: 'split.yaml',
          started: at(0),
          verdicts: [{ description: 'no drift within 5s', met: false, since: at(0), seen: 'down: n1', time: at(1) }],
          passed: false,
        },
      },
    ],
    ['an end', [{ type: 'end', reason: 'removed' }], { ended: 'removed' }],
    ['an event of a later version', [{ type: 'weather' } as unknown as NewEvent], { ...EMPTY_SNAPSHOT, time: at(0) }],
  ])('has %s', (_, events, expected) => expect(replay(...events)).toMatchObject(expected));

  it('has no nodes and links any more that are not declared any more', () => {
    const topology = { nodes: [{ name: 'n1' }] } as Extract<NewEvent, { type: 'topology' }>['topology'];
    const state = replay(
      { type: 'nodes', nodes: [running, { ...running, name: 'n2' }] },
      { type: 'links', links: [up, { ...up, from: 'n2', to: 'n1' }] },
      { type: 'topology', topology },
    );
    expect(state.nodes.map(({ name }) => name)).toEqual(['n1']);
    expect(state.links).toEqual([up]);
  });

  it('leaves the state before as it was, and the parts that did not change the same', () => {
    fc.assert(
      fc.property(fc.array(arbitraryEvent), arbitraryEvent, (events, event) => {
        const before = replay(...events);
        const copy = structuredClone(before);
        const after = applyEvent(before, { time: at(59), ...event } as RecordingEvent);
        expect(before).toEqual(copy);
        for (const key of ['nodes', 'links', 'conditions', 'faults', 'samples'] as const) {
          if (!(event.type === key || ['topology', 'fault', 'heal'].includes(event.type))) {
            expect(after[key]).toBe(before[key]);
          }
        }
      }),
    );
  });

  it('is the same from a snapshot, through JSON, as from the first event', () => {
    fc.assert(
      fc.property(fc.array(arbitraryEvent), fc.array(arbitraryEvent), (first, then) => {
        const events = [...first, ...then].map((event, index) => ({ time: at(index), ...event }) as RecordingEvent);
        const whole = events.reduce(applyEvent, EMPTY_SNAPSHOT);
        const half = events.slice(0, first.length).reduce(applyEvent, EMPTY_SNAPSHOT);
        const snapshot = { type: 'snapshot', time: half.time, snapshot: JSON.parse(JSON.stringify(half)) } as const;
        const resumed = events.slice(first.length).reduce(applyEvent, applyEvent(EMPTY_SNAPSHOT, snapshot));
        expect(resumed).toEqual(whole);
      }),
    );
  });
});

describe('a live recording', () => {
  it('puts the time of an event between that of the event before and now', () => {
    const live = new LiveRecording(createClock([1_000]));
    const times: string[] = [];
    live.subscribe(({ time }) => times.push(time.slice(17, 19)));
    live.write(RECORDING);
    live.write({ type: 'step', description: 'early', time: '2020-01-01T00:00:00.000000Z' });
    live.write({ type: 'step', description: 'late', time: '2030-01-01T00:00:00.000000Z' });
    live.write({ type: 'step', description: 'now', time: '2026-01-31T12:00:03.500000Z' });
    expect(times).toEqual(['01', '01', '03', '03']);
  });

  it('has nothing after its end', () => {
    const live = new LiveRecording(createClock([1_000]));
    live.write({ type: 'end', reason: 'removed' });
    const ended = live.snapshot;
    live.write({ type: 'heal', name: 'late' });
    expect(live.snapshot).toBe(ended);
  });
});
