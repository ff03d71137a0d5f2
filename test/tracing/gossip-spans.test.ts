import { describe, expect, it } from 'vitest';
import { CONTROLLER, type LogEntry } from '../../src/network/log-entry.ts';
import { GossipSpans } from '../../src/tracing/gossip-spans.ts';

const T0 = Date.parse('2026-01-31T12:00:00Z') * 1_000;

const entry = (node: string, microseconds: number, event: string, fields: Record<string, unknown>): LogEntry => ({
  time: `2026-01-31T12:00:00.${String(microseconds).padStart(6, '0')}Z`,
  node,
  level: 'info',
  event,
  fields,
});
const receipt = (node: string, microseconds: number, from: string, hops: number, id = 'a') =>
  entry(node, microseconds, 'gossip_received', { id, from, hops });

describe('spans of gossip', () => {
  it('are a trace for each message, and a span for each hop from when its sender had it', () => {
    const spans = new GossipSpans('run').add([
      receipt('n1', 0, '10.64.0.1', 0),
      receipt('n2', 1_500, 'n1', 1),
      receipt('n1', 2_000, 'n1', 0, 'b'),
      receipt('n3', 4_000, 'n2', 2),
    ]);
    expect(spans.map(({ name, service, startedAt, endedAt }) => [name, service, startedAt - T0, endedAt - T0])).toEqual(
      [
        ['gossip at n1', 'n1', 0, 0],
        ['gossip n1 -> n2', 'n2', 0, 1_500],
        ['gossip at n1', 'n1', 2_000, 2_000],
        ['gossip n2 -> n3', 'n3', 1_500, 4_000],
      ],
    );
    const [first, second, other, third] = spans as [Span, Span, Span, Span];
    expect([first.parentId, second.parentId, other.parentId, third.parentId]).toEqual([
      undefined,
      first.id,
      undefined,
      second.id,
    ]);
    expect([second.traceId, third.traceId]).toEqual([first.traceId, first.traceId]);
    expect(other.traceId).not.toBe(first.traceId);
    expect(first.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(first.id).toMatch(/^[0-9a-f]{16}$/);
    expect(third.attributes).toMatchObject({
      'devnet.message.id': 'a',
      'devnet.from': 'n2',
      'devnet.to': 'n3',
      'devnet.hops': 2,
    });
  });

  it('count a receipt once, and begin at themselves where the sender is not known', () => {
    const gossip = new GossipSpans('run');
    const spans = gossip.add([receipt('n2', 500, 'n1', 1), receipt('n2', 900, 'n3', 2)]);
    expect(spans).toMatchObject([{ name: 'gossip at n2', startedAt: T0 + 500, endedAt: T0 + 500 }]);
    // The sender's own receipt came late: its clock may differ.
    expect(gossip.add([receipt('n1', 700, 'n1', 0), receipt('n3', 600, 'n1', 1)])[1]).toMatchObject({
      startedAt: T0 + 600,
      endedAt: T0 + 600,
    });
  });

  it('have the conditions of their link, and the faults of their time', () => {
    const gossip = new GossipSpans('run');
    gossip.setConditions({ from: 'n1', to: 'n2', delay: 80, loss: undefined, duplicate: { share: 1 } });
    const spans = gossip.add([
      entry(CONTROLLER, 100, 'fault_injected', { fault: 'early' }),
      receipt('n1', 200, 'n1', 0),
      entry(CONTROLLER, 300, 'fault_injected', { fault: 'cut-1' }),
      entry('n1', 300, 'fault_injected', { fault: 'not of the controller' }),
      receipt('n2', 400, 'n1', 1),
      entry(CONTROLLER, 500, 'link_conditions', { from: 'n1', to: 'n2', cleared: true }),
      receipt('n1', 600, 'n1', 0, 'b'),
      receipt('n2', 700, 'n1', 1, 'b'),
    ]);
    expect(spans[1]).toMatchObject({
      attributes: { 'devnet.link.delay': 80 },
      events: [{ name: 'fault_injected', at: T0 + 300, attributes: { 'devnet.fault': 'fault=cut-1' } }],
    });
    expect(Object.keys(spans[1]!.attributes).filter((name) => name.startsWith('devnet.link'))).toEqual([
      'devnet.link.delay',
    ]);
    expect(spans[3]).toMatchObject({ name: 'gossip n1 -> n2', events: [] });
    expect(spans[3]!.attributes).not.toHaveProperty('devnet.link.delay');
  });
});

type Span = ReturnType<GossipSpans['add']>[number];
