import { describe, expect, it } from 'vitest';
import { ScenarioSpans } from '../../src/tracing/scenario-spans.ts';

const START_MS = 1_700_000_000_000;

describe('spans of a scenario', () => {
  it('are one trace: what was done, and the whole', () => {
    const scenario = new ScenarioSpans('cut.yaml', 'run', START_MS);
    const spans = [
      ...scenario.add({ what: 'injected', at: 100, name: 'cut', faults: [{ kind: 'kill', node: 'n1' }] }),
      ...scenario.add({ what: 'injected', at: 150, name: 'open', faults: [{ kind: 'kill', node: 'n2' }] }),
      ...scenario.add({ what: 'gossiped', at: 200, from: 'n1', id: 'a' }),
      ...scenario.add({ what: 'unsent', at: 250, to: 'n1', type: 'ping', why: 'refused' }),
      ...scenario.add({ what: 'healed', at: 300, name: 'cut', atEnd: false }),
      ...scenario.add({ what: 'healed', at: 310, name: 'unknown', atEnd: false }),
      ...scenario.add({
        what: 'judged',
        at: 900,
        outcome: {
          name: 'graph',
          expectation: { kind: 'no drift', within: 500 },
          met: false,
          at: 400,
          took: 500,
          seen: '1 missing',
          lines: [],
        },
      }),
      ...scenario.end(1_000, false),
    ];
    const milliseconds = (microseconds: number) => microseconds / 1_000 - START_MS;
    expect(
      spans.map(({ name, startedAt, endedAt, failure }) => [
        name,
        milliseconds(startedAt),
        milliseconds(endedAt),
        failure,
      ]),
    ).toEqual([
      ['gossip from n1', 200, 200, undefined],
      ['send ping to n1', 250, 250, 'refused'],
      ['fault cut', 100, 300, undefined],
      ['expect graph', 400, 900, '1 missing'],
      ['fault open', 150, 1_000, undefined],
      ['scenario cut.yaml', 0, 1_000, 'an expectation was not met'],
    ]);
    const root = spans.at(-1)!;
    expect(root.parentId).toBeUndefined();
    expect(new Set(spans.slice(0, -1).map(({ parentId }) => parentId))).toEqual(new Set([root.id]));
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(new Set(spans.map(({ id }) => id)).size).toBe(spans.length);
  });
});
