import { describe, expect, it } from 'vitest';
import type { PageMessage } from '../../../src/dashboard/page/page-message.ts';
import { computePageLayout } from '../../../src/dashboard/server/compute-page-layout.ts';
import { EventHistory, type HistoryReader, readFrame } from '../../../src/dashboard/server/event-history.ts';
import { LayoutSender } from '../../../src/dashboard/server/layout-sender.ts';
import { RecordedRun } from '../../../src/dashboard/web/state/recorded-run.ts';
import { sampleRun, timeOf } from '../sample-run.ts';

const events = sampleRun({ file: { name: 'ring', nodes: { count: 12 }, links: 'ring' } });
const messages = await new LayoutSender(computePageLayout).withLayouts(events);

function fill(history: EventHistory): EventHistory {
  for (const message of messages) history.add([message]);
  return history;
}

function readAll(reader: HistoryReader | undefined): { ids: string[]; messages: PageMessage[] } {
  const all = { ids: [] as string[], messages: [] as PageMessage[] };
  for (let frame = reader?.next(); frame instanceof Buffer; frame = reader?.next()) {
    all.ids.push(/^id: (.*)/.exec(frame.toString())![1]!);
    all.messages.push(...readFrame(frame));
  }
  return all;
}

describe('layouts', () => {
  it('come before the topology, once', async () => {
    expect(messages.filter(({ type }) => type !== 'layout')).toEqual(events);
    expect(messages.findIndex(({ type }) => type === 'layout')).toBe(1);
    const again = new LayoutSender(computePageLayout);
    const topology = events.find(({ type }) => type === 'topology')!;
    const types = (await again.withLayouts([topology, topology])).map(({ type }) => type);
    expect(types).toEqual(['layout', 'topology', 'topology']);
  });
});

describe('the history of a page', () => {
  it('has all messages, and those that come', () => {
    const history = fill(new EventHistory());
    const reader = history.read();
    expect(readAll(reader).messages).toEqual(messages);
    let calls = 0;
    const unsubscribe = history.subscribe(() => calls++);
    const event = { type: 'heal' as const, time: timeOf(90_000), name: 'f' };
    history.add([event]);
    unsubscribe();
    history.add([event]);
    expect(calls).toBe(1);
    expect(readAll(reader).messages).toEqual([event, event]);
  });

  it('goes on after the last event that a page has', () => {
    const history = fill(new EventHistory());
    const { ids } = readAll(history.read());
    expect(readAll(history.read(ids[3])).messages).toEqual(messages.slice(4));
    expect(readAll(history.read(ids.at(-1))).messages).toEqual([]);
  });

  it('does not continue what another server sent, or what it has dropped', () => {
    const { ids } = readAll(fill(new EventHistory()).read());
    expect(fill(new EventHistory()).read(ids[3])).toBeUndefined();
    const small = new EventHistory(6_000);
    small.add([messages[0]!]);
    const [first] = readAll(small.read()).ids;
    const slow = small.read();
    fill(small);
    expect(small.read(first)).toBeUndefined();
    expect(slow?.next()).toBe('dropped');
  });

  it('drops the oldest events, and begins with the state after them', () => {
    const kept = readAll(fill(new EventHistory(6_000)).read()).messages;
    expect(kept.slice(0, 2).map(({ type }) => type)).toEqual(['layout', 'snapshot']);
    const [all, rest] = [new RecordedRun(), new RecordedRun()];
    all.add(messages);
    rest.add(kept);
    for (const key of ['time', 'nodes', 'links', 'conditions', 'faults', 'topology'] as const) {
      expect(rest.latest[key], key).toEqual(all.latest[key]);
    }
  });
});
