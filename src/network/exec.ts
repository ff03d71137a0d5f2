import { Writable } from 'node:stream';
import type { RunningNetwork } from './running-network.ts';

/** Output and exit code of a command that ran beside a node. */
export interface ExecResult {
  /** 0–255; 128 and the signal's number for a command that a signal ended. */
  exitCode: number;
  /** All of its standard output, as UTF-8. */
  stdout: string;
  /** All of its standard error, as UTF-8. */
  stderr: string;
}

/** Runs a command beside a node, and collects its output. @throws UnsupportedError; DevnetError `no_such_node` */
export async function execAndCollect(
  network: Pick<RunningNetwork, 'exec'>,
  node: string,
  command: readonly string[],
): Promise<ExecResult> {
  const [stdout, stderr] = [new OutputCollector(), new OutputCollector()];
  const exitCode = await network.exec(node, command, { stdout, stderr });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

/** A stream that keeps what is written to it. */
class OutputCollector extends Writable {
  readonly #chunks: Buffer[] = [];

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }
}
