import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DevnetError } from '../../shared/errors.ts';
import { type CompleteRun, groupCompleteRuns, parseSample, type Sample, serializeSample } from '../metrics/samples.ts';
import type { Experiment, Run } from '../plan/experiment.ts';
import { parseExperiment } from '../plan/parse.ts';

/** Version of the files in a results folder. */
const RESULTS_FORMAT_VERSION = 2;

/** experiment.json: all it takes to know what the samples are of. */
export interface ExperimentManifest {
  format: typeof RESULTS_FORMAT_VERSION;
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
  manifest: ExperimentManifest;
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
  async open(experiment: Experiment, source: string, versions: ExperimentManifest['versions']): Promise<Results> {
    await mkdir(this.path, { recursive: true });
    const before = await this.#readIfExists();
    const { runs: _, ...rest } = experiment;
    const record: ExperimentManifest = {
      format: RESULTS_FORMAT_VERSION,
      experiment: rest,
      runs: resolveRuns(experiment.runs),
      versions: before?.manifest.versions ?? versions,
      source,
      began: before?.manifest.began ?? new Date().toISOString(),
    };
    // How it is asked for may have changed, as its question or its figures; what was run may not.
    const what = ({ experiment: { load }, runs }: ExperimentManifest) => JSON.stringify([load, runs]);
    if (before && what(before.manifest) !== what(record)) {
      throw new DevnetError('usage', `${this.path} holds the results of another experiment, or of this one as it was`, {
        hint: 'name another folder with --output, or remove that one',
      });
    }
    const lines = before?.runs.flatMap(({ samples, ...end }) => [...samples, end]).map(serializeSample) ?? [];
    await this.write('experiment.json', `${JSON.stringify(record, undefined, 2)}\n`);
    await this.write('samples.jsonl', lines.join(''));
    return { experiment, manifest: record, runs: before?.runs ?? [], failed: before?.failed ?? new Map() };
  }

  /** @throws DevnetError `file_unreadable` when it is no results folder */
  async read(): Promise<Results> {
    const results = await this.#readIfExists();
    if (results) return results;
    throw new DevnetError('file_unreadable', `${this.path} is no folder of results: it has no experiment.json`, {
      hint: 'devnet experiment FILE writes one, and says where',
    });
  }

  async append(samples: readonly Sample[]): Promise<void> {
    await appendFile(this.file('samples.jsonl'), samples.map(serializeSample).join(''));
  }

  /** Writes a file whole or not at all. */
  async write(name: string, content: string | Buffer): Promise<void> {
    await writeFile(this.file(`.${name}`), content);
    await rename(this.file(`.${name}`), this.file(name));
  }

  async #readIfExists(): Promise<Results | undefined> {
    const text = await readFileIfExists(this.file('experiment.json'));
    if (text === undefined) return undefined;
    let record: ExperimentManifest;
    try {
      record = JSON.parse(text) as ExperimentManifest;
    } catch (cause) {
      throw new DevnetError('file_unreadable', `${this.file('experiment.json')} is not JSON`, { cause });
    }
    if (record.format !== RESULTS_FORMAT_VERSION) {
      throw new DevnetError('file_unreadable', `${this.path} was written by another version of devnet`, {
        hint: 'name another folder with --output',
      });
    }
    const lines = ((await readFileIfExists(this.file('samples.jsonl'))) ?? '').split('\n');
    const experiment = parseExperiment(record.source, { file: 'experiment.json', name: record.experiment.name });
    return { experiment, manifest: record, ...groupCompleteRuns(lines.flatMap((line) => parseSample(line) ?? [])) };
  }
}

/** The list of runs: the same for the same file, to the byte, on every machine. */
export function resolveRuns(runs: readonly Run[]): ResolvedRun[] {
  return runs.map(({ faults, ...run }) => ({
    ...run,
    topology: sha256OfJson(run.topology),
    ...(faults ? { faults: sha256OfJson(faults) } : {}),
  }));
}

const sha256OfJson = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

async function readFileIfExists(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw cause;
  }
}
