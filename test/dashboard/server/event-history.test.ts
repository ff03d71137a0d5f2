import { describe, expect, it } from 'vitest';
import type { PageMessage } from '../../../src/dashboard/page/page-message.ts';
import { type Batch, EventHistory } from '../../../src/dashboard/server/event-history.ts';
import { RecordedRun } from '../../../src/dashboard/web/state/recorded-run.ts';
import { sampleRun } from '../sample-run.ts';

const events = sampleRun({ file: { name: 'ring', nodes: { count: 12 }, links: 'ring' } });
const read = (batches: Batch[] = []) => batches.flatMap(({ json }) => JSON.parse(json) as PageMessage[]);

function fill(history: EventHistory): void {
  for (const event of events) history.add([event]);
}

describe('the history of a page', () => {
  it('has all events, and the layout before the topology', () => {
    const history = new EventHistory();
    fill(history);
    const messages = read(history.since());
    expect(messages.filter(({ type }) => type !== 'layout')).toEqual(events);
    expect(messages.findIndex(({ type }) => type === 'layout')).toBe(1);
  });

  it('goes on after the last batch that a page has', () => {
    const history = new EventHistory();
    fill(history);
    const all = history.since()!;
    expect(history.since(all[3]!.id)).toEqual(all.slice(4));
    expect(history.since(all.at(-1)!.id)).toEqual([]);
  });

  it('does not continue what another server sent, or what it has dropped', () => {
    const [history, other] = [new EventHistory(4_000), new EventHistory()];
    fill(history);
    fill(other);
    expect(history.since(other.since()!.at(-1)!.id)).toBeUndefined();
    const [first] = new EventHistory().since() ?? [];
    expect(first).toBeUndefined();
  });

  it('drops the oldest events, and begins with the state after them', () => {
    const history = new EventHistory(6_000);
    fill(history);
    const messages = read(history.since());
    expect(messages.slice(0, 2).map(({ type }) => type)).toEqual(['layout', 'snapshot']);
    const [all, rest] = [new RecordedRun(), new RecordedRun()];
    all.add(events);
    rest.add(messages);
    const { time, nodes, links, conditions, faults, topology } = rest.latest;
    expect({ time, nodes, links, conditions, faults, topology }).toEqual({
      time: all.latest.time,
      nodes: all.latest.nodes,
      links: all.latest.links,
      conditions: all.latest.conditions,
      faults: all.latest.faults,
      topology: all.latest.topology,
    });
  });
});
