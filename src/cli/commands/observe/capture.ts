import { type FileHandle, open } from 'node:fs/promises';
import { type Capture, openCapture } from '../../../capture/open-capture.ts';
import type { RunningNetwork } from '../../../network/running-network.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { describeFileError, isReaderGone } from '../../../shared/files/file-error.ts';
import { PRIVATE_FILE_MODE } from '../../../shared/files/private-folder.ts';
import { assertOutputFileWritable } from '../../../shared/files/text-file.ts';
import { pluralize } from '../../../shared/text.ts';
import { anySignal } from '../../../shared/time/any-signal.ts';
import { MAX_TIMEOUT_MS } from '../../../shared/time/signal-with-timeout.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { selectWords } from '../../input/select-network.ts';
import { formatBytes, paint, warn, writeToStderr } from '../../output/format.ts';

const STANDARD_OUTPUT = '-';

interface Options {
  name?: string;
  write?: string;
  /** Seconds. */
  for?: number;
  filter?: string;
}

export async function run(words: string[], options: Options): Promise<void> {
  const file = chooseOutput(options.write, process.stdout.isTTY);
  const { name, words: nodes } = await selectWords(words, options.name);
  if (nodes.length > 2 || (nodes.length === 2 && nodes[0] === nodes[1])) {
    throw new DevnetError('usage', `expected one node, or two different ones, got ${nodes.join(', ')}`, {
      hint: 'devnet capture alone captures all nodes; --filter "host A or host B or host C" chooses among them',
    });
  }
  const network = await attachNetwork(name);
  const { signal, release } = handleInterrupt();
  const timeout = new AbortController();
  const ending = anySignal([signal, timeout.signal]);
  if (file !== STANDARD_OUTPUT) assertOutputFileWritable(file);
  try {
    const filter = options.filter === undefined ? {} : { filter: options.filter };
    const capture = await openCapture(network, { nodes, ...filter, signal: ending });
    // Starting to capture may take a while.
    if (options.for !== undefined)
      setTimeout(() => timeout.abort(), Math.min(options.for * 1_000, MAX_TIMEOUT_MS)).unref();
    writeToStderr(`capturing ${describePackets(network, nodes)}${options.for === undefined ? '; Ctrl-C ends it' : ''}`);
    await writeCapture(capture, await openOutput(file));
    if (!ending.aborted) writeToStderr(`${network.name} was removed elsewhere`);
    reportCounts(capture, file);
  } finally {
    release();
    network.close();
  }
}

/** @throws DevnetError `usage` for a terminal, which cannot show packets */
function chooseOutput(file: string | undefined, isTerminal: boolean): string {
  if (file !== undefined && file !== STANDARD_OUTPUT) return file;
  if (!isTerminal) return STANDARD_OUTPUT;
  throw new DevnetError('usage', 'packets are binary, and standard output is a terminal', {
    hint: '-w FILE.pcapng writes a file; devnet capture | wireshark -k -i - shows them live',
  });
}

/** A place for packets. */
interface Output {
  /** Resolves to false when nobody reads any more. */
  write(bytes: Buffer): Promise<boolean>;
  close(): Promise<void>;
}

async function openOutput(file: string): Promise<Output> {
  if (file === STANDARD_OUTPUT) return { write: writeToStandardOutput, close: async () => {} };
  let handle: FileHandle;
  const fail = (cause: unknown): never => {
    throw new DevnetError('usage', `cannot write ${file}: ${describeFileError(cause)}`, {
      hint: 'create its folder, or name another file',
      cause,
    });
  };
  try {
    handle = await open(file, 'w', PRIVATE_FILE_MODE);
    // A file that was there keeps its mode otherwise.
    if ((await handle.stat()).isFile()) await handle.chmod(PRIVATE_FILE_MODE);
  } catch (cause) {
    return fail(cause);
  }
  return {
    write: (bytes) =>
      handle.appendFile(bytes).then(
        () => true,
        (cause) => (isReaderGone(cause) ? false : fail(cause)),
      ),
    close: () => handle.close(),
  };
}

function writeToStandardOutput(bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    process.stdout.write(bytes, (failure) => resolve(!failure));
  });
}

async function writeCapture({ header, blocks }: Capture, output: Output): Promise<void> {
  try {
    if (!(await output.write(header))) return;
    for await (const bytes of blocks) if (!(await output.write(bytes))) return;
  } finally {
    await output.close();
  }
}

function describePackets({ name, addresses }: RunningNetwork, nodes: readonly string[]): string {
  const [from, to] = nodes;
  if (from === undefined) return `packets of the ${pluralize(addresses.size, 'node')} of ${name}`;
  return to === undefined ? `packets of ${from}, sent and received` : `packets between ${from} and ${to}`;
}

function reportCounts({ counts: { packets, bytes, dropped } }: Capture, file: string): void {
  const where = file === STANDARD_OUTPUT ? '' : ` in ${file}`;
  const mark = paint('green', '✔', process.stderr);
  writeToStderr(`${mark} ${pluralize(packets, 'packet')}, ${formatBytes(bytes)}${where}`);
  if (dropped > 0) warn(`${pluralize(dropped, 'packet')} came faster than they could be read, and are missing`);
}
