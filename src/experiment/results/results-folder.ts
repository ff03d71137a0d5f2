import { createHash } from 'node:crypto';
import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DevnetError } from '../../shared/errors.ts';
import { isMissingFile, unwritableError } from '../../shared/files/file-error.ts';
import { createPrivateFolder, PRIVATE_FILE_MODE } from '../../shared/files/private-folder.ts';
import { type CompleteRun, groupCompleteRuns, parseSample, type Sample, serializeSample } from '../metrics/samples.ts';
import type { Experiment, Run } from '../plan/experiment.ts';
import { parseExperiment } from '../plan/parse.ts';
import { describeRandomness } from '../plan/randomness.ts';

/** Version of the files in a results folder. */
const RESULTS_FORMAT_VERSION = 2;

/** Longest name of a run's folder, without the hash. File systems take 255 bytes. */
const MAX_NAME_CHARACTERS = 200;

/** Content of experiment.json: everything that the samples depend on. */
export interface ExperimentManifest {
  format: typeof RESULTS_FORMAT_VERSION;
  experiment: Omit<Experiment, 'runs'>;
  runs: ResolvedRun[];
  /** Sources of everything random, by what it is. */
  randomness: Record<string, string>;
  /** Versions of devnet and of what the experiment ran on; `engine` is absent where nothing was started. */
  versions: { devnet: string; node: string; kernel: string; engine?: string };
  /** Text of the experiment file, which everything above follows from. */
  source: string;
  /** Time at which the experiment was first started: ISO 8601, UTC. */
  began: string;
}

/** A run with hashes in the place of its topology and faults, which are long and follow from the file. */
export type ResolvedRun = Omit<Run, 'topology' | 'faults'> & { topology: string; faults?: string };

export interface Results {
  experiment: Experiment;
  manifest: ExperimentManifest;
  /** Complete runs, in the order in which they ended. */
  runs: CompleteRun[];
  /** Error messages of failed runs, by key. */
  failed: Map<string, string>;
}

/** A folder that the results of an experiment are written to, run by run. */
export class ResultsFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /**
   * Creates the folder, or resumes: samples of incomplete runs are dropped. The experiment may have runs that the one before
   * did not have, as with more repeats.
   * @param source text of the experiment file
   * @throws DevnetError `usage` when the folder holds the results of another experiment; `file_unreadable` when they
   *   cannot be read; `file_unwritable` or `disk_full` when the folder cannot be written
   */
  async open(experiment: Experiment, source: string, versions: ExperimentManifest['versions']): Promise<Results> {
    try {
      createPrivateFolder(this.path);
    } catch (cause) {
      throw this.#unwritable(cause);
    }
    const before = await this.#readIfExists();
    const { runs: _, ...rest } = experiment;
    const manifest: ExperimentManifest = {
      format: RESULTS_FORMAT_VERSION,
      experiment: rest,
      runs: resolveRuns(experiment.runs),
      randomness: describeRandomness(experiment),
      versions: before?.manifest.versions ?? versions,
      source,
      began: before?.manifest.began ?? new Date().toISOString(),
    };
    if (before) this.#assertContinues(before.manifest, manifest);
    const lines = before?.runs.flatMap(({ samples, ...run }) => [...samples, run]).map(serializeSample) ?? [];
    await this.write('experiment.json', `${JSON.stringify(manifest, undefined, 2)}\n`);
    await this.write('samples.jsonl', lines.join(''));
    return { experiment, manifest, runs: before?.runs ?? [], failed: before?.failed ?? new Map() };
  }

  /** @throws DevnetError `file_unreadable` when it is not a results folder, or was written by another version of devnet */
  async read(): Promise<Results> {
    const results = await this.#readIfExists();
    if (results) return results;
    throw new DevnetError('file_unreadable', `${this.path} is not a results folder: experiment.json is missing`, {
      hint: 'create one with: devnet experiment FILE',
    });
  }

  /** @throws DevnetError `file_unwritable`, `disk_full` */
  async append(samples: readonly Sample[]): Promise<void> {
    try {
      await appendFile(this.file('samples.jsonl'), samples.map(serializeSample).join(''), { mode: PRIVATE_FILE_MODE });
    } catch (cause) {
      throw this.#unwritable(cause);
    }
  }

  /** Writes a file completely or not at all. @throws DevnetError `file_unwritable`, `disk_full` */
  async write(name: string, content: string | Buffer): Promise<void> {
    try {
      await writeFile(this.file(`.${name}`), content, { mode: PRIVATE_FILE_MODE });
      await rename(this.file(`.${name}`), this.file(name));
    } catch (cause) {
      throw this.#unwritable(cause);
    }
  }

  /** Creates an empty folder for the recording of a run. @param key of the run @throws NodeJS.ErrnoException */
  async createRecordingFolder(key: string): Promise<string> {
    const safe = key.replaceAll(/[^\w=.,# -]/g, '_').slice(0, MAX_NAME_CHARACTERS);
    // Two keys that a file system does not tell apart must not share a folder.
    const hash = createHash('sha256').update(key).digest('hex').slice(0, 8);
    const folder = this.file(join('recordings', safe === key ? key : `${safe}-${hash}`));
    await rm(folder, { recursive: true, force: true });
    createPrivateFolder(folder);
    return folder;
  }

  #unwritable(cause: unknown): DevnetError {
    return unwritableError(
      this.path,
      cause,
      'name another folder with --output; the same command continues where it stopped',
    );
  }

  /** The question and the metrics may have changed, and runs may have been added. */
  #assertContinues(before: ExperimentManifest, now: ExperimentManifest): void {
    const hint = 'name another folder with --output, or remove that one';
    const keyOf = ({ experiment: { load } }: ExperimentManifest, run: ResolvedRun) => JSON.stringify([load, run]);
    const runs = new Set(now.runs.map((run) => keyOf(now, run)));
    if (before.runs.every((run) => runs.has(keyOf(before, run)))) return;
    const { repeats } = before.experiment;
    const message =
      now.experiment.repeats < repeats && before.source === now.source
        ? `${this.path} holds results with ${repeats} repeats, more than ${now.experiment.repeats}`
        : `${this.path} holds results of a different experiment, or of an earlier version of this file`;
    throw new DevnetError('usage', message, { hint });
  }

  async #readIfExists(): Promise<Results | undefined> {
    const text = await readFileIfExists(this.file('experiment.json'));
    if (text === undefined) return undefined;
    let manifest: ExperimentManifest;
    try {
      manifest = JSON.parse(text) as ExperimentManifest;
    } catch (cause) {
      throw new DevnetError('file_unreadable', `${this.file('experiment.json')} is not JSON`, { cause });
    }
    if (manifest.format !== RESULTS_FORMAT_VERSION) {
      const message = `${this.path} has results format ${manifest.format}; this version of devnet reads format ${RESULTS_FORMAT_VERSION}`;
      throw new DevnetError('file_unreadable', message, { hint: 'name another folder with --output' });
    }
    const lines = ((await readFileIfExists(this.file('samples.jsonl'))) ?? '').split('\n');
    const { name, repeats } = manifest.experiment;
    const experiment = parseExperiment(manifest.source, { file: 'experiment.json', name, repeats });
    return { experiment, manifest, ...groupCompleteRuns(lines.flatMap((line) => parseSample(line) ?? [])) };
  }
}

/** Returns the list of runs as experiment.json has it: byte for byte the same for the same file on every machine. */
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
    if (isMissingFile(cause)) return undefined;
    throw cause;
  }
}
