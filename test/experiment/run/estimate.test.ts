import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { estimateSeconds } from '../../../src/experiment/run/estimate.ts';
import type { RuntimeName } from '../../../src/network/capabilities.ts';

/** Estimates an experiment with ten nodes in a ring and a load, apart from what `more` says. */
function estimate(more: string, runtime: RuntimeName = 'containers'): number {
  const given = new Set(more.split('\n').map((line) => line.split(':')[0]));
  const defaults = {
    topology: '{ nodes: { count: 10 }, links: ring }',
    load: '{ messages: 5, warmup: 0 }',
  };
  const lines = Object.entries(defaults).flatMap(([key, value]) => (given.has(key) ? [] : [`${key}: ${value}`]));
  return estimateSeconds(
    parseExperiment(['name: x', 'question: q', ...lines, more].join('\n'), { file: 'x.yaml' }),
    runtime,
  );
}

describe('the estimated time', () => {
  it('is 0 where nothing is sent', () => {
    const experiment = parseExperiment('name: x\nquestion: q\ntopology: { nodes: { count: 3 }, links: ring }', {
      file: 'x.yaml',
    });
    expect(estimateSeconds(experiment, 'containers')).toBe(0);
  });

  it('counts the start of nodes once where runs share them, and for each run where they do not', () => {
    for (const runtime of ['containers', 'process'] as const) {
      const once = estimate('repeats: 1', runtime);
      expect(estimate('repeats: 2', runtime) - once).toBeLessThan(once);
    }
    const faults = 'faults: [{ at: 1s, pause: n1, for: 1s }]';
    const [one, two] = [1, 2].map((repeats) => estimate(`repeats: ${repeats}\n${faults}`));
    // The report is written once.
    expect(two! - 2).toBeCloseTo(2 * (one! - 2));
  });

  it('follows the delays of the links on the longest way', () => {
    const withDelay = (ms: number) =>
      estimate(`topology: { nodes: { count: 10 }, links: { shape: ring, delay: ${ms}ms } }\nprobe: 0`);
    // Five messages over five links.
    expect(withDelay(200) - withDelay(100)).toBeCloseTo(5 * 5 * 0.1);
  });

  it('is at least the interval of the messages', () => {
    const every = (seconds: number) => estimate(`load: { messages: 5, warmup: 0, every: ${seconds}s }`);
    expect(every(2) - every(1)).toBeCloseTo(4);
  });

  it('waits for messages that a fault keeps from arriving, as long as the load allows', () => {
    const within = (seconds: number) =>
      estimate(
        `load: { messages: 1, warmup: 0, every: 1s, within: ${seconds}s }\nfaults: [{ at: 0s, partition: halves }]`,
      );
    expect(within(9) - within(4)).toBeCloseTo(5);
  });
});
