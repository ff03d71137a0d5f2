import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { down } from '../../src/controller/lifecycle/down.ts';
import { observe } from '../../src/controller/state/network-state.ts';
import { connectEngine } from '../../src/engine/connection/engine.ts';
import { parseExperiment } from '../../src/experiment/plan/parse.ts';
import { type Results, ResultsFolder } from '../../src/experiment/results/results-folder.ts';
import { experimentNetworkName } from '../../src/experiment/run/experiment-lock.ts';
import { type RunnerEvent, runExperiment } from '../../src/experiment/run/runner.ts';
import { containerRuntime } from '../../src/runtimes/containers/container-runtime.ts';

export const engine = await connectEngine();
const folders: string[] = [];
const names: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
  for (const name of names) {
    const left = await observe(engine, experimentNetworkName(name));
    if (left) await down(engine, left);
  }
});

const versions = { devnet: '1', node: '20', kernel: '6' };

/** Runs an experiment in containers as the command does; `stop` interrupts it. */
export async function runExperimentFile(
  text: string,
  { stop, folder }: { stop?: (event: RunnerEvent) => boolean; folder?: ResultsFolder } = {},
): Promise<{ results: Results; folder: ResultsFolder; text: string; events: RunnerEvent[] }> {
  const experiment = parseExperiment(text, { file: 'x.yaml' });
  names.push(experiment.name);
  const path = folder?.path ?? (await mkdtemp(join(tmpdir(), 'exp-')));
  if (!folder) folders.push(path);
  const results = new ResultsFolder(path);
  const { runs } = await results.open(experiment, text, versions);
  const interrupt = new AbortController();
  const events: RunnerEvent[] = [];
  await runExperiment(containerRuntime(engine), experiment, {
    completedRuns: new Set(runs.map(({ run }) => run)),
    writeSamples: (samples) => results.append(samples),
    onEvent: (event) => {
      events.push(event);
      if (stop?.(event)) interrupt.abort(new Error('enough'));
    },
    signal: interrupt.signal,
    timeoutMs: 30_000,
    keepNetwork: false,
  }).catch((cause: Error) => {
    if (cause.message !== 'enough') throw cause;
  });
  return {
    results: await results.read(),
    folder: results,
    text: await readFile(results.file('samples.jsonl'), 'utf8'),
    events,
  };
}

export const unique = (name: string) => `exp-${name}-${process.pid}`;
