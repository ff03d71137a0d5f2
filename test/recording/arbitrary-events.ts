import fc from 'fast-check';
import type { NewEvent } from '../../src/recording/live-recording.ts';
import { parseTopologyObject } from '../../src/topology/index.ts';

const NODES = ['n1', 'n2', 'constructor'];
const topology = parseTopologyObject(
  { name: 'small', nodes: NODES, links: ['n1 <-> n2', 'n2 -> constructor'] },
  { file: 'small' },
);
const other = { ...topology, nodes: topology.nodes.slice(0, 2), links: topology.links.slice(0, 2) };

const node = fc.constantFrom(...NODES);
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\n', '{"type":"snapshot"}', '‮', '</script>'));
const link = fc.record({
  from: node,
  to: node,
  state: fc.constantFrom('up', 'broken', 'dead', 'extra'),
  rtt: fc.integer({ min: 0, max: 9 }),
} as const);
const entry = fc.record({
  time: fc.constant('2026-01-31T12:00:00.000000Z'),
  node,
  level: fc.constantFrom('info', 'warn', 'error'),
  event: fc.constantFrom('gossip_received', 'output'),
  text,
} as const);
const fault = fc.constantFrom('partition-1', 'kill-2');

/** Any event but the first one of a recording. */
export const arbitraryEvent: fc.Arbitrary<NewEvent> = fc.oneof(
  fc.record({ type: fc.constant('topology' as const), topology: fc.constantFrom(topology, other) }),
  fc.record({
    type: fc.constant('nodes' as const),
    nodes: fc.array(
      fc.record({
        name: node,
        state: fc.constantFrom('running', 'exited'),
        address: fc.constant('10.0.0.2:3000'),
      } as const),
      { maxLength: 3 },
    ),
  }),
  fc.record({
    type: fc.constant('links' as const),
    links: fc.array(link, { maxLength: 3 }),
    removed: fc.array(fc.record({ from: node, to: node }), { maxLength: 1 }),
  }),
  fc.record({
    type: fc.constant('conditions' as const),
    conditions: fc.array(
      fc.oneof(fc.record({ from: node, to: node }), fc.record({ from: node, to: node, delay: fc.integer({ min: 1 }) })),
      { maxLength: 2 },
    ),
  }),
  fc.record({ type: fc.constant('fault' as const), name: fault, description: text }),
  fc.record({ type: fc.constant('heal' as const), name: fault }),
  fc.record({ type: fc.constant('log' as const), entries: fc.array(entry, { maxLength: 4 }) }),
  fc.record({
    type: fc.constant('samples' as const),
    samples: fc.dictionary(fc.constantFrom('memory_bytes', 'links_up'), fc.dictionary(node, fc.integer())),
  }),
  fc.record({ type: fc.constant('scenario_started' as const), title: text }),
  fc.record({ type: fc.constant('step' as const), description: text }),
  fc.record({
    type: fc.constant('verdict' as const),
    description: text,
    met: fc.boolean(),
    since: fc.constant('2026-01-31T12:00:00.000000Z'),
    seen: text,
  }),
  fc.record({ type: fc.constant('scenario_ended' as const), passed: fc.boolean() }),
) as fc.Arbitrary<NewEvent>;

/** First event of a recording. */
export const RECORDING: NewEvent = {
  type: 'recording',
  version: 1,
  devnet: '0.1.0',
  network: 'small',
  run: 'r1',
  runtime: 'process',
  hosts: ['here'],
  started: '2026-01-31T12:00:00.000000Z',
  segment: 1,
};

/** Returns a clock that moves on by some milliseconds with each question. */
export function createClock(steps: readonly number[]): () => string {
  let now = Date.parse('2026-01-31T12:00:00Z');
  let asked = 0;
  return () => {
    now += steps.length === 0 ? 1 : (steps[asked++ % steps.length] as number);
    return `${new Date(now).toISOString().slice(0, -1)}000Z`;
  };
}
