import { join } from 'node:path';
import { type Dumped, dump, dumpFolder } from '../dump/dump.ts';
import { pictureOf } from '../dump/picture-of.ts';
import type { DumpSource } from '../dump/source.ts';
import { DevnetError, type ErrorCode } from '../errors.ts';
import { addToJobSummary } from '../job-summary/index.ts';
import type { Journal } from './journal.ts';

/** What a backend tells a dump; the journal is the devnet's own. */
export type BackendSource = Omit<DumpSource, 'journal'>;

/** Told why a devnet did not come up, while what there is of it is still there. */
export type UpFailed = (why: unknown, source: BackendSource) => Promise<void>;

/** These are about how a devnet is used, or that it is over: there is nothing to look at. */
const OF_USE = new Set<ErrorCode>([
  'usage',
  'topology_invalid',
  'file_unreadable',
  'no_such_devnet',
  'no_such_node',
  'no_such_fault',
  'node_unreachable',
  'interrupted',
]);

/** Whether something is wrong with the devnet, so that whoever is told wants to look at it. */
export function isFailure(cause: unknown): boolean {
  return cause instanceof DevnetError && !OF_USE.has(cause.code);
}

export interface EvidenceOptions {
  /** Folder below which each devnet has one; undefined: nothing is written. */
  artifacts: string | undefined;
  /** It is left up. */
  keep: boolean;
}

/** What is kept of a devnet that something went wrong with: all that is known of it, in a folder, and how to look at it. */
export class Evidence {
  readonly #name: string;
  readonly #options: EvidenceOptions;
  readonly #journal: Journal;
  /** What fails at the same time is about the same state of things. */
  #writing: Promise<Dumped> | undefined;

  constructor(name: string, journal: Journal, options: EvidenceOptions) {
    this.#name = name;
    this.#journal = journal;
    this.#options = options;
  }

  /** Writes all that is known into a folder; by default one below the artifacts. */
  write(
    source: BackendSource,
    folder = dumpFolder(join(this.#options.artifacts ?? '.devnet', this.#name)),
  ): Promise<Dumped> {
    return dump({ ...source, journal: () => this.#journal.text }, folder);
  }

  /** Writes the artifacts, and adds to the error's message where they are and how to look at what is left up. Never throws. */
  async tell(cause: unknown, find: () => Promise<BackendSource> | BackendSource): Promise<void> {
    const { artifacts, keep } = this.#options;
    const lines: string[] = [];
    let dumped: Dumped | undefined;
    if (artifacts !== undefined) {
      try {
        this.#writing ??= (async () => this.write(await find()))();
        dumped = await this.#writing;
        lines.push(`artifacts: ${dumped.folder}`);
      } catch (why) {
        lines.push(`no artifacts: ${why instanceof Error ? why.message : String(why)}`);
      } finally {
        this.#writing = undefined;
      }
    }
    if (keep) lines.push(howToLook(this.#name));
    const said = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    addToJobSummary({
      heading: `devnet ${this.#name}: ${cause instanceof DevnetError ? cause.code : 'the test failed'}`,
      ...(dumped?.status ? { picture: pictureOf(dumped.status) } : {}),
      parts: [{ lines: said }, ...lines],
    });
    addLines(cause, lines);
  }
}

/** What to type to look at a devnet that was left up. */
export function howToLook(name: string): string {
  return `"${name}" is left up: devnet status ${name}, devnet logs ${name}; devnet down ${name} removes it`;
}

/** Adds to an error's message, and to its stack, which has the message as it was when it was made. */
export function addLines(cause: unknown, lines: readonly string[]): void {
  if (lines.length === 0) return;
  const more = lines.map((line) => `\n  ${line}`).join('');
  if (!(cause instanceof Error) || Object.isFrozen(cause)) {
    process.stderr.write(`devnet:${more}\n`);
    return;
  }
  const { message, stack } = cause;
  cause.message = `${message}${more}`;
  const at = message === '' ? -1 : (stack?.indexOf(message) ?? -1);
  if (stack !== undefined && at >= 0) {
    const end = at + message.length;
    cause.stack = `${stack.slice(0, end)}${more}${stack.slice(end)}`;
  }
}
