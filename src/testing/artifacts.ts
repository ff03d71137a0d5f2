import { join } from 'node:path';
import { type DumpResult, dump, dumpFolder } from '../diagnostics/dump.ts';
import { toGraphView } from '../diagnostics/graph-view.ts';
import { addToJobSummary } from '../diagnostics/job-summary-index.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import { DevnetError, describeError, type ErrorCode } from '../shared/errors.ts';
import type { ActionJournal } from './action-journal.ts';

/** These are about how a devnet is used, or that it is over: there is nothing to look at. */
const USAGE_ERROR_CODES = new Set<ErrorCode>([
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
export function isNetworkFailure(cause: unknown): boolean {
  return cause instanceof DevnetError && !USAGE_ERROR_CODES.has(cause.code);
}

export interface ArtifactsOptions {
  /** Folder below which each devnet has one; undefined: nothing is written. */
  artifacts: string | undefined;
  /** It is left up. */
  keepOnFailure: boolean;
}

/** What is kept of a devnet that something went wrong with: all that is known of it, in a folder, and how to look at it. */
export class FailureArtifacts {
  readonly #name: string;
  readonly #options: ArtifactsOptions;
  readonly #journal: ActionJournal;
  /** What fails at the same time is about the same state of things. */
  #writing: Promise<DumpResult> | undefined;

  constructor(name: string, journal: ActionJournal, options: ArtifactsOptions) {
    this.#name = name;
    this.#journal = journal;
    this.#options = options;
  }

  /** Writes all that is known into a folder; by default one below the artifacts. */
  async write(
    network: RunningNetwork,
    folder = dumpFolder(join(this.#options.artifacts ?? '.devnet', this.#name)),
  ): Promise<DumpResult> {
    await network.nodes(); // Throws when the network is gone: there is nothing left to write about.
    return dump(network, { folder, journal: this.#journal.text });
  }

  /** Writes the artifacts, and adds to the error's message where they are and how to look at what is left up. Never throws. */
  async report(cause: unknown, network: RunningNetwork): Promise<void> {
    const { artifacts, keepOnFailure: keep } = this.#options;
    const lines: string[] = [];
    let dumped: DumpResult | undefined;
    if (artifacts !== undefined) {
      try {
        this.#writing ??= this.write(network);
        dumped = await this.#writing;
        lines.push(`artifacts: ${dumped.folder}`);
      } catch (why) {
        lines.push(`no artifacts: ${describeError(why)}`);
      } finally {
        this.#writing = undefined;
      }
    }
    if (keep) lines.push(keptNetworkHint(this.#name));
    const said = describeError(cause).split('\n');
    addToJobSummary({
      heading: `devnet ${this.#name}: ${cause instanceof DevnetError ? cause.code : 'the test failed'}`,
      ...(dumped?.status ? { graph: toGraphView(dumped.status) } : {}),
      parts: [{ lines: said }, ...lines],
    });
    appendToErrorMessage(cause, lines);
  }
}

/** What to type to look at a devnet that was left up. */
export function keptNetworkHint(name: string): string {
  return `"${name}" is left up: devnet status ${name}, devnet logs ${name}; devnet down ${name} removes it`;
}

/** Adds to an error's message, and to its stack, which has the message as it was when it was made. */
export function appendToErrorMessage(cause: unknown, lines: readonly string[]): void {
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
