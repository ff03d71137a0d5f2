import { describe, expect, it } from 'vitest';
import { progressAt } from '../../../src/dashboard/web/state/gossip-book.ts';
import { RecordedRun, upperBound } from '../../../src/dashboard/web/state/recorded-run.ts';
import { formatSpan, toMs } from '../../../src/dashboard/web/state/time.ts';
import { applyEvent, EMPTY_SNAPSHOT } from '../../../src/recording/apply-event.ts';
import { sampleRun, timeOf } from '../sample-run.ts';

const events = sampleRun({ file: { name: 'ring', nodes: { count: 8 }, links: 'ring' }, messages: 6 });
const at = (ms: number) => toMs(timeOf(ms));

function runOf(list = events): RecordedRun {
  const run = new RecordedRun();
  for (const event of list) run.add([event]);
  return run;
}

describe('a recorded run', () => {
  it('has the state at any moment, in any order of asking', () => {
    // So many events that there are states in between.
    const many = [...events];
    for (let index = 0; index < 2_000; index++) {
      many.push({ type: 'fault', time: timeOf(90_000 + index), name: `f${index}`, description: 'cut' });
      many.push({ type: 'heal', time: timeOf(90_000 + index + 0.5), name: `f${index}` });
    }
    const run = runOf(many);
    const states = many.filter(({ type }) => type !== 'log');
    for (const ms of [0, 25_000, 91_000.2, 51_000, 91_500.7, 91_500.2, 25_000, 200_000]) {
      const expected = states.filter(({ time }) => toMs(time) <= at(ms)).reduce(applyEvent, EMPTY_SNAPSHOT);
      expect(run.stateAt(at(ms)), `at ${ms}`).toEqual(expected);
    }
  });

  it('has faults from injection to heal, and marks for verdicts', () => {
    const run = runOf();
    expect(run.faults.map(({ name, fromMs, toMs: end }) => [name, fromMs - at(0), end && end - at(0)])).toEqual([
      ['partition-3fa2', 20_000, 42_000],
      ['link-55aa', 30_000, 47_000],
      ['kill-77e1', 50_000, 61_000],
      ['pause-0b1c', 64_000, 72_000],
    ]);
    expect(run.marks.map(({ kind }) => kind)).toEqual(['met', 'missed', 'died', 'failed']);
    expect(run.firstFailureMs).toBe(at(45_000));
  });

  it('knows who had a message when, and over how many hops', () => {
    const run = runOf();
    const message = run.gossip.messages.get('news-1')!;
    expect(message.receipts).toHaveLength(8);
    expect(Math.max(...message.receipts.map(({ hops }) => hops))).toBe(4);
    expect(progressAt(message, message.firstMs)).toEqual({ received: 1, hops: 0, tookMs: 0 });
    expect(progressAt(message, message.lastMs)).toMatchObject({ received: 8, hops: 4 });
    expect(message.byNode.get('n2')?.from).toBe('n1');
    expect(message.byNode.get('n1')?.from).toBeUndefined();
  });

  it('begins with its log, unless that has wrong times', () => {
    const [recording] = events;
    const logAt = (ms: number) => ({
      ...{ type: 'log' as const, time: timeOf(100) },
      entries: [{ time: timeOf(ms), node: 'n1', level: 'info' as const, event: 'listening' }],
    });
    expect(runOf([recording!, logAt(-3_000)]).range).toEqual({ fromMs: at(-3_000), toMs: at(100) });
    expect(runOf([recording!, logAt(-3_000_000)]).range).toEqual({ fromMs: at(0), toMs: at(100) });
    expect(runOf([recording!, { ...logAt(0), entries: [] }]).range).toEqual({ fromMs: at(0), toMs: at(100) });
  });

  it('takes over what began before its first event', () => {
    const [recording, topology] = events;
    const snapshot = events.filter(({ time }) => toMs(time) <= at(55_000)).reduce(applyEvent, EMPTY_SNAPSHOT);
    const run = runOf([
      recording!,
      { type: 'snapshot', time: timeOf(55_000), snapshot },
      ...events.filter(({ time }) => toMs(time) > at(55_000)),
    ]);
    expect(topology?.type).toBe('topology');
    expect(run.faults.map(({ name, fromMs }) => [name, fromMs - at(0)])).toContainEqual(['kill-77e1', 50_000]);
    expect(run.latest.nodes).toEqual(runOf().latest.nodes);
  });
});

describe('times', () => {
  it('keep their microseconds', () => {
    expect(toMs('2026-01-31T12:00:00.123456Z')).toBeCloseTo(Date.UTC(2026, 0, 31, 12) + 123.456, 3);
    expect(toMs('2026-01-31T12:00:00Z')).toBe(Date.UTC(2026, 0, 31, 12));
  });

  it.each([
    [0.85, '0.85 ms'],
    [850, '850 ms'],
    [12_340, '12.3 s'],
    [250_000, '4 min 10 s'],
    [7_260_000, '2 h 1 min'],
  ])('%d is %s', (ms, text) => expect(formatSpan(ms)).toBe(text));
});

it.each([
  [0, 0],
  [1, 2],
  [2.5, 3],
  [9, 4],
])('upperBound of %d is %d', (limit, count) => expect(upperBound([1, 1, 2, 3], limit)).toBe(count));
