import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { serializeSample } from '../../../src/experiment/metrics/samples.ts';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { ResultsFolder } from '../../../src/experiment/results/results-folder.ts';
import { endOf, message } from '../fixtures.ts';

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

async function folder(): Promise<ResultsFolder> {
  const path = await mkdtemp(join(tmpdir(), 'exp-'));
  folders.push(path);
  return new ResultsFolder(path);
}

const SOURCE =
  'name: x\nquestion: q\ntopology: { nodes: { count: $n }, links: line }\nmatrix: { n: [3, 4] }\nload: { messages: 1 }\n';
const experiment = parseExperiment(SOURCE, { file: 'x.yaml' });
const versions = { devnet: '1', node: '20', kernel: '6' };
const [first, second] = experiment.runs.map(({ key }) => key) as [string, string];

describe('a results folder', () => {
  it('resumes after its writer was killed: half a run is dropped, complete ones stay', async () => {
    const results = await folder();
    await results.open(experiment, SOURCE, versions);
    await results.append([message([1, 2], 0, first), endOf(first)]);
    const whole = await readFile(results.file('samples.jsonl'), 'utf8');
    const half = serializeSample(message([7], 0, second));
    await writeFile(results.file('samples.jsonl'), `${whole}${half}${half.slice(0, 30)}`);
    const again = await new ResultsFolder(results.path).open(experiment, SOURCE, versions);
    expect(again.runs.map(({ run }) => run)).toEqual([first]);
    expect(await readFile(results.file('samples.jsonl'), 'utf8')).toBe(whole);
  });

  it('refuses another experiment, but not one with only other metrics', async () => {
    const results = await folder();
    await results.open(experiment, SOURCE, versions);
    for (const text of [SOURCE.replace('[3, 4]', '[3, 5]'), SOURCE.replace('messages: 1', 'messages: 2')]) {
      const other = parseExperiment(text, { file: 'x.yaml' });
      await expect(results.open(other, text, versions)).rejects.toMatchObject({ code: 'usage' });
    }
    const text = SOURCE.replace('question: q', 'question: why').concat('measure: [hops]\n');
    const asked = parseExperiment(text, { file: 'x.yaml' });
    await results.open(asked, text, versions);
    expect((await results.read()).experiment).toEqual(asked);
  });

  it('continues with more repeats, not with fewer, and is read with as many as it has', async () => {
    const results = await folder();
    const repeated = (repeats: number) => parseExperiment(SOURCE, { file: 'x.yaml', repeats });
    await results.open(repeated(2), SOURCE, versions);
    await results.append([message([1, 2], 0, first), endOf(first)]);
    await results.open(repeated(3), SOURCE, versions);
    const { experiment: read, runs } = await results.read();
    expect(read).toEqual(repeated(3));
    expect(read.runs).toHaveLength(6);
    expect(runs.map(({ run }) => run)).toEqual([first]);
    await expect(results.open(repeated(2), SOURCE, versions)).rejects.toThrow(
      /holds results with 3 repeats, more than 2/,
    );
  });

  it('records what everything random follows from', async () => {
    const results = await folder();
    const text = SOURCE.replace('links: line', "links: { shape: line, loss: '1%' }").concat(
      'faults: [{ at: 1s, kill: n2 }]\n',
    );
    const { manifest } = await results.open(parseExperiment(text, { file: 'x.yaml' }), text, versions);
    expect(manifest.randomness).toEqual({
      graphs: 'the seeds of shapes in the file, 1 where a shape has none; $seed is the seed of the run',
      senders: 'the seed and the repeat of the run',
      'random faults': 'the seed of the run, or of the step',
      'fan-out': 'DEVNET_SEED of the node (1), its name, and the id of the message',
      'drawn anew each time': 'loss, pauses before a node dials again',
    });
  });

  it('has to exist to be read', async () => {
    await expect(new ResultsFolder('/nonexistent').read()).rejects.toMatchObject({ code: 'file_unreadable' });
  });
});
