import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { groupCompleteRuns, parseSample, serializeSample } from '../../../src/experiment/metrics/samples.ts';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { ResultsFolder } from '../../../src/experiment/results/results-folder.ts';
import { summariseCells, summaryCsv } from '../../../src/experiment/results/summary.ts';
import { createRunSample } from '../../../src/experiment/run/runner.ts';
import { complete, message } from '../fixtures.ts';

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
const ended = (run: string) => {
  const { samples: _, ...end } = complete([], { run, cell: run.split(' ')[0]! });
  return end;
};

it('a run’s traffic is of the messages that came to their senders', () => {
  const untold = { ...message([]), receipts: [], never: ['n1', 'n2', 'n3'] };
  const samples = [message([1, 2]), untold, message([], 2)];
  const [run] = experiment.runs;
  expect(
    createRunSample(run!, { samples, traffic: {}, startedAt: '2026-01-01T00:00:00Z', faults: [] }, 1).messages,
  ).toBe(2);
});

describe('samples', () => {
  it('count when their run came to its end', () => {
    const { runs, failed } = groupCompleteRuns([
      message([1], 0, first),
      { kind: 'failed', run: first, why: 'no' },
      message([2], 0, first),
      message([3], 0, second),
      ended(first),
    ]);
    expect(runs.map(({ run, samples }) => [run, samples.map(({ receipts }) => receipts[1]?.at)])).toEqual([
      [first, [2]],
    ]);
    expect(failed.size).toBe(0);
  });

  it('tell why a run failed, until it succeeds', () => {
    const { runs, failed } = groupCompleteRuns([{ kind: 'failed', run: first, why: 'n3 died' }]);
    expect(runs).toEqual([]);
    expect([...failed]).toEqual([[first, 'n3 died']]);
  });

  it('come back from their lines, and a line cut short does not', () => {
    const line = serializeSample(message([1, 2]));
    expect(parseSample(line)).toEqual(message([1, 2]));
    for (const length of [1, 10, line.length - 2]) expect(parseSample(line.slice(0, length))).toBeUndefined();
  });
});

describe('a folder of results', () => {
  it('goes on where somebody was killed: half a run is dropped, whole ones stay', async () => {
    const results = await folder();
    await results.open(experiment, SOURCE, versions);
    await results.append([message([1, 2], 0, first), ended(first)]);
    const whole = await readFile(results.file('samples.jsonl'), 'utf8');
    const half = serializeSample(message([7], 0, second));
    await writeFile(results.file('samples.jsonl'), `${whole}${half}${half.slice(0, 30)}`);
    const again = await new ResultsFolder(results.path).open(experiment, SOURCE, versions);
    expect(again.runs.map(({ run }) => run)).toEqual([first]);
    expect(await readFile(results.file('samples.jsonl'), 'utf8')).toBe(whole);
  });

  it('is not written into by another experiment, but by one that only asks for other figures', async () => {
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

  it('is needed to read results', async () => {
    await expect(new ResultsFolder('/nonexistent').read()).rejects.toMatchObject({ code: 'file_unreadable' });
  });
});

describe('the table', () => {
  it('has a row for each cell, and quotes what needs it', () => {
    const runs = [complete([message([1, 2])], { cell: 'shape=a,"b"', parameters: { shape: 'a,"b"' } })];
    const rows = summariseCells({ runs: [{ cell: 'shape=a,"b"' }, { cell: 'shape=none' }] as never }, runs);
    const [heading, row, ...rest] = summaryCsv(['shape'], rows).split('\r\n');
    expect(heading).toMatch(/^shape,runs,messages,reached,reached_low,reached_high,t50,/);
    expect(row).toMatch(/^"a,""b""",1,1,100,,,1,/);
    expect(rest).toEqual(['']);
  });
});
