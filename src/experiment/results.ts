import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DevnetError } from '../errors.ts';
import type { Experiment, Run } from './experiment.ts';
import { parseExperiment } from './parse.ts';
import { type CompleteRun, completeRuns, fromLine, type Sample, toLine } from './sample.ts';

/** Version of the files in a results folder. */
const FORMAT = 2;

/** experiment.json: all it takes to know what the samples are of. */
export interface Record {
  format: typeof FORMAT;
  experiment: Omit<Experiment, 'runs'>;
  runs: ResolvedRun[];
  /** Of devnet, and of what the experiment ran on; absent where nothing ran. */
  versions: { devnet: string; node: string; kernel: string; engine?: string };
  /** The file as it was written: it says all of the above, topologies too. */
  source: string;
  /** When it was first begun: ISO 8601, UTC. */
  began: string;
}

/** A run with the hashes of its topology and its faults, which are long and follow from the file. */
export type ResolvedRun = Omit<Run, 'topology' | 'faults'> & { topology: string; faults?: string };

export interface Results {
  experiment: Experiment;
  record: Record;
  /** Complete runs, in the order in which they ended. */
  runs: CompleteRun[];
  /** Why runs failed, by key. */
  failed: Map<string, string>;
}

/** A folder that an experiment's results are written to as they come. */
export class ResultsFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /**
   * Begins, or goes on where somebody stopped: what of the samples belongs to no complete run is dropped.
   * @param source the text that the experiment was parsed from
   * @throws DevnetError `usage` when the folder holds the results of another experiment
   */
  async open(experiment: Experiment, source: string, versions: Record['versions']): Promise<Results> {
    await mkdir(this.path, { recursive: true });
    const before = await this.#readIfThere();
    const { runs: _, ...rest } = experiment;
    const record: Record = {
      format: FORMAT,
      experiment: rest,
      runs: resolvedRuns(experiment.runs),
      versions: before?.record.versions ?? versions,
      source,
      began: before?.record.began ?? new Date().toISOString(),
    };
    // How it is asked for may have changed, as its question or its figures; what was run may not.
    const what = ({ experiment: { load }, runs }: Record) => JSON.stringify([load, runs]);
    if (before && what(before.record) !== what(record)) {
      throw new DevnetError('usage', `${this.path} holds the results of another experiment, or of this one as it was`, {
        hint: 'name another folder with --output, or remove that one',
      });
    }
    const lines = before?.runs.flatMap(({ samples, ...end }) => [...samples, end]).map(toLine) ?? [];
    await this.write('experiment.json', `${JSON.stringify(record, undefined, 2)}\n`);
    await this.write('samples.jsonl', lines.join(''));
    return { experiment, record, runs: before?.runs ?? [], failed: before?.failed ?? new Map() };
  }

  /** @throws DevnetError `file_unreadable` when it is no results folder */
  async read(): Promise<Results> {
    const results = await this.#readIfThere();
    if (results) return results;
    throw new DevnetError('file_unreadable', `${this.path} is no folder of results: it has no experiment.json`, {
      hint: 'devnet experiment FILE writes one, and says where',
    });
  }

  async append(samples: readonly Sample[]): Promise<void> {
    await appendFile(this.file('samples.jsonl'), samples.map(toLine).join(''));
  }

  /** Writes a file whole or not at all. */
  async write(name: string, content: string | Buffer): Promise<void> {
    await writeFile(this.file(`.${name}`), content);
    await rename(this.file(`.${name}`), this.file(name));
  }

  async #readIfThere(): Promise<Results | undefined> {
    const text = await readIfThere(this.file('experiment.json'));
    if (text === undefined) return undefined;
    let record: Record;
    try {
      record = JSON.parse(text) as Record;
    } catch (cause) {
      throw new DevnetError('file_unreadable', `${this.file('experiment.json')} is not JSON`, { cause });
    }
    if (record.format !== FORMAT) {
      throw new DevnetError('file_unreadable', `${this.path} was written by another version of devnet`, {
        hint: 'name another folder with --output',
      });
    }
    const lines = ((await readIfThere(this.file('samples.jsonl'))) ?? '').split('\n');
    const experiment = parseExperiment(record.source, { file: 'experiment.json', name: record.experiment.name });
    return { experiment, record, ...completeRuns(lines.flatMap((line) => fromLine(line) ?? [])) };
  }
}

/** The list of runs: the same for the same file, to the byte, on every machine. */
export function resolvedRuns(runs: readonly Run[]): ResolvedRun[] {
  return runs.map(({ faults, ...run }) => ({
    ...run,
    topology: hashOf(run.topology),
    ...(faults ? { faults: hashOf(faults) } : {}),
  }));
}

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw cause;
  }
}
