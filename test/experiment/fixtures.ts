import type { CompleteRun, GraphSample, MessageSample, RunSample } from '../../src/experiment/metrics/samples.ts';
import { ExperimentError, parseExperiment } from '../../src/experiment/plan/parse.ts';

export const GRAPH: GraphSample = { nodes: 4, links: 6, degree: 2, diameter: 3, path: 2, clustering: 0, cut: 1 };

/** A message that reached n2, n3, … at these times, and never reached `lost` others. */
export function message(times: readonly number[], lost = 0, run = 'r1'): MessageSample {
  return {
    kind: 'message',
    run,
    parameters: {},
    id: `${run}-${times.join('-')}`,
    sender: 'n1',
    sent: '2026-01-01T00:00:00.000000Z',
    receipts: [0, ...times].map((at, index) => ({
      node: `n${index + 1}`,
      at,
      hops: index,
      from: index === 0 ? null : `n${index}`,
    })),
    never: Array.from({ length: lost }, (_, index) => `n${times.length + 2 + index}`),
  };
}

export function complete(samples: MessageSample[], more: Partial<CompleteRun> = {}): CompleteRun {
  return {
    kind: 'run',
    run: 'r1',
    cell: 'all',
    parameters: {},
    seed: 1,
    repeat: 1,
    graph: GRAPH,
    traffic: {},
    messages: samples.length,
    took: 1,
    samples,
    ...more,
  };
}

/** The sample that ends a run. */
export function endOf(run: string): RunSample {
  const { samples: _, ...end } = complete([], { run, cell: run.split(' ')[0]! });
  return end;
}

/** The mistakes in an experiment file, as `line:column message`. */
export function mistakesIn(text: string): string[] {
  try {
    parseExperiment(text, { file: 'x.yaml' });
  } catch (error) {
    if (!(error instanceof ExperimentError)) throw error;
    return error.diagnostics.map(({ message, place }) => `${place?.line}:${place?.column} ${message}`);
  }
  throw new Error('the file has no mistakes');
}
