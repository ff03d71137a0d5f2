import { describe, expect, it } from 'vitest';
import { observe } from '../../../src/controller/state/network-state.ts';
import { experimentNetworkName } from '../../../src/experiment/run/experiment-lock.ts';
import { engine, runExperimentFile, unique } from '../run-experiment-file.ts';

interface Line {
  kind: 'message' | 'run';
  run: string;
  began: string;
  sent: string;
  faults: { name: string; from: number; to: number }[];
  receipts: { node: string; at: number }[];
  never: string[];
  traffic: Record<string, { received: number; forwarded: number }>;
  links: { from: string; to: string; messages: number }[];
}

describe('an experiment with faults', async () => {
  const { results, text, events } = await runExperimentFile(`
name: ${unique('faults')}
question: Is it true?
topology: { nodes: { count: 4 }, links: line }
matrix:
  fault:
    cut: [{ name: split, cut: n2 <-> n3, for: 2s }]
    kill: [{ at: 1100ms, name: crash, kill: n4, for: 3s }]
load: { messages: 5, every: 1s, from: n1, within: 15s }
faults: $fault
`);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const of = (fault: string) => {
    const own = lines.filter(({ run }) => run.startsWith(`fault=${fault} `));
    const end = own.find(({ kind }) => kind === 'run')!;
    const span = end.faults[0]!;
    const messages = own
      .filter(({ kind }) => kind === 'message')
      .map(({ sent, receipts, never }) => {
        const sentAt = Date.parse(sent) - Date.parse(end.began);
        const at = Object.fromEntries(receipts.map(({ node, at }) => [node, sentAt + at]));
        return { sentAt, at, never, during: sentAt > span.from && sentAt < span.to - 100 };
      });
    return { end, span, messages };
  };

  it('completes with every fault healed, and leaves nothing running', async () => {
    expect([...results.failed]).toEqual([]);
    expect(events.filter(({ what }) => what === 'done')).toHaveLength(2);
    expect(await observe(engine, experimentNetworkName(results.experiment.name))).toBeUndefined();
  });

  it('delays messages behind a cut until it is healed, and only there', () => {
    const { span, messages, end } = of('cut');
    expect(span.name).toBe('split');
    expect(span.to - span.from).toBeGreaterThanOrEqual(1_990);
    const during = messages.filter((message) => message.during);
    expect(during.length).toBeGreaterThan(0);
    for (const { at, never } of during) {
      expect(never).toEqual([]);
      expect(at.n2!).toBeLessThan(at.n3!);
      // The clocks of the controller and the nodes may be some milliseconds apart, and the link was healed before that was recorded.
      expect(at.n3!).toBeGreaterThan(span.to - 250);
    }
    expect(Object.keys(end.traffic)).toHaveLength(4);
  });

  it('delivers nothing to a node while it is down, and counts over all its lifetimes', () => {
    const { span, messages, end } = of('kill');
    const during = messages.filter((message) => message.during);
    expect(during.length).toBeGreaterThan(0);
    for (const { at } of during) {
      expect(Object.keys(at)).toEqual(expect.arrayContaining(['n1', 'n2', 'n3']));
      // It was down for three seconds. A message sent while it is being dialed waits for it, one sent before that is lost.
      expect(at.n4 ?? Number.POSITIVE_INFINITY).toBeGreaterThan(span.from + 2_750);
    }
    expect(span.name).toBe('crash');
    // What it had before it was killed counts as what it had after it.
    expect(messages[0]!.at).toHaveProperty('n4');
    for (const node of ['n1', 'n2', 'n3', 'n4']) {
      const heard = messages.filter(({ at }) => node in at).length;
      expect([node, end.traffic[node]!.received]).toEqual([node, heard]);
    }
    for (const ends of ['n1 n2', 'n2 n3', 'n3 n4']) {
      const link = end.links.find(({ from, to }) => ends === `${from} ${to}`)!;
      expect([ends, link.messages > 0]).toEqual([ends, true]);
    }
  });
});
