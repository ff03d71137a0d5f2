import { join } from 'node:path';
import type { CaptureFile } from '../../capture/capture-file.ts';
import { addReplayPage } from '../../dashboard/server/replay/add-replay-page.ts';
import { type DumpResult, dump, dumpFolder } from '../../diagnostics/dump.ts';
import { addToJobSummary } from '../../diagnostics/job-summary.ts';
import { toGraphView } from '../../diagnostics/status-graph.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import { DevnetError, describeError, type ErrorCode } from '../../shared/errors.ts';
import type { ActionJournal } from './action-journal.ts';

/** Errors in how the library is used, and errors that the test provokes: a dump would tell nothing about them. */
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

/** Returns whether an error says that something is wrong with the network. */
export function isNetworkFailure(cause: unknown): boolean {
  return cause instanceof DevnetError && !USAGE_ERROR_CODES.has(cause.code);
}

export interface ArtifactsOptions {
  /** Folder below which each network has its own; undefined: nothing is written. */
  folder: string | undefined;
  /** The network is left up after a failure. */
  keepOnFailure: boolean;
}

/** Writes dumps of a network in which something failed, and tells where they are. */
export class FailureArtifacts {
  readonly #name: string;
  readonly #options: ArtifactsOptions;
  readonly #journal: ActionJournal;
  /** Captured packets of the network. @default none are captured */
  capture: CaptureFile | undefined;
  /** Failures at the same time share a dump. */
  #writing: Promise<DumpResult> | undefined;

  constructor(name: string, journal: ActionJournal, options: ArtifactsOptions) {
    this.#name = name;
    this.#journal = journal;
    this.#options = options;
  }

  /** Writes a dump, by default into a new folder below the artifacts. @throws DevnetError `no_such_devnet` */
  async write(
    network: RunningNetwork,
    folder = dumpFolder(join(this.#options.folder ?? '.devnet', this.#name)),
  ): Promise<DumpResult> {
    await network.nodes(); // Throws when the network is gone, of which there is nothing to dump.
    const options = { folder, journal: this.#journal.text, copyPackets: this.capture?.copyTo };
    return addReplayPage(await dump(network, options));
  }

  /**
   * Writes a dump about a failure, and adds the failure to the summary of a GitHub job. Never throws.
   * @returns lines that say where the dump is, and how to look at a network that stays up
   */
  async report(cause: unknown, network: RunningNetwork): Promise<string[]> {
    const { folder, keepOnFailure } = this.#options;
    const lines: string[] = [];
    let dumped: DumpResult | undefined;
    if (folder !== undefined) {
      try {
        this.#writing ??= this.write(network);
        dumped = await this.#writing;
        lines.push(`artifacts: ${dumped.folder}`);
      } catch (failure) {
        lines.push(`no artifacts: ${describeError(failure)}`);
      } finally {
        this.#writing = undefined;
      }
    }
    if (keepOnFailure) lines.push(keptNetworkHint(this.#name));
    addToJobSummary({
      heading: `devnet ${this.#name}: ${cause instanceof DevnetError ? cause.code : 'the test failed'}`,
      ...(dumped?.status ? { graph: toGraphView(dumped.status) } : {}),
      parts: [{ lines: describeError(cause).split('\n') }, ...lines],
    });
    return lines;
  }
}

/** Tells how to look at a network that was left up, and how to remove it. */
function keptNetworkHint(name: string): string {
  return `"${name}" is left up: devnet status ${name}, devnet logs ${name}; devnet down ${name} removes it`;
}

/** Prints where artifacts are, when there is no error to add that to. */
export function printArtifacts(what: string, lines: readonly string[]): void {
  if (lines.length > 0) process.stderr.write(`devnet: ${[what, ...lines].join('\n  ')}\n`);
}

/** Adds lines to an error's message, and to its stack, which holds a copy of the message. */
export function appendToErrorMessage(cause: unknown, lines: readonly string[]): void {
  if (lines.length === 0) return;
  const more = lines.map((line) => `\n  ${line}`).join('');
  if (!(cause instanceof Error) || Object.isFrozen(cause)) {
    printArtifacts(describeError(cause), lines);
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
