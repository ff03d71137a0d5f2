import { CONTROLLER, currentLogTime, formatAsJson, type LogEntry } from '../../network/log-entry.ts';
import { DevnetError } from '../../shared/errors.ts';
import { describeFileError } from '../../shared/files/file-error.ts';
import { type LogDestination, openLogSink } from '../../shared/files/log-sink.ts';
import { RotatingFile } from '../../shared/files/rotating-file.ts';
import { raceSignal } from '../../shared/time/race-signal.ts';
import { createNetworkFolder, logFilePath } from '../input/log-files.ts';
import { paint, warn } from './format.ts';
import { createTerminalFormatter, type NamedAddress } from './log-format.ts';

/** Size of a log file before the next one is begun, and number of files. */
const LOG_FILE_LIMITS = { maxBytes: 64 * 1024 * 1024, maxFiles: 4 };

/** Longest wait, after Ctrl-C, for a reader of standard output that has stopped reading. */
const CLOSE_TIMEOUT_MS = 1_000;

interface LoggedNetwork {
  name: string;
  run: string;
  nodes: readonly NamedAddress[];
}

/**
 * Opens the log file of a network, before the network is started. One that cannot be written is named on standard error, and the
 * log is only printed then.
 * @throws DevnetError `file_unwritable` when nothing can be written in the working folder
 */
export async function openLogFile(name: string): Promise<RotatingFile | undefined> {
  const path = logFilePath(name);
  try {
    createNetworkFolder(name);
    return await RotatingFile.open(path, LOG_FILE_LIMITS);
  } catch (cause) {
    if (cause instanceof DevnetError && cause.code === 'file_unwritable') throw cause;
    const reason = cause instanceof DevnetError ? cause.message : `cannot write ${path}: ${describeFileError(cause)}`;
    warn(`${reason}; the log is only printed`);
    return undefined;
  }
}

interface StreamLogOptions {
  /** Closed at the end. */
  file: RotatingFile | undefined;
  json: boolean;
  /** Ends the log, even where the reader of standard output has stopped reading. */
  signal: AbortSignal;
  /** Formats an entry for the file. @default as `formatAsJson` */
  formatForFile?: (entry: LogEntry) => string;
}

/** Prints the log of a network as it is written, and appends it to the network's log file, until it ends. */
export async function streamLog(
  { run, nodes }: LoggedNetwork,
  entries: AsyncIterable<LogEntry[]>,
  { file, json, signal, formatForFile = formatAsJson }: StreamLogOptions,
): Promise<void> {
  const where = file === undefined ? '' : `the log is also in ${file.path}; `;
  process.stderr.write(`  ${paint('gray', `${where}Ctrl-C removes the network`, process.stderr)}\n\n`);
  const destinations: LogDestination<LogEntry>[] = [
    { stream: process.stdout, render: json ? formatAsJson : createTerminalFormatter(nodes) },
  ];
  if (file) {
    const onFailure = (cause: unknown) =>
      warn(`cannot write ${file.path}: ${describeFileError(cause)}; from here on the log is only printed`);
    destinations.push({ file, render: formatForFile, onFailure });
  }
  const log = openLogSink(destinations);
  // The first entry holds the address of every node: whoever reads the file later can replace addresses by names.
  const addresses = nodes.map(({ name, address, port }) => ({ name, address, port }));
  const up = {
    time: currentLogTime(),
    node: CONTROLLER,
    level: 'info',
    event: 'up',
    fields: { run, nodes: addresses },
  } as const;
  try {
    await raceSignal(log.write([up]), signal);
    for await (const batch of entries) await raceSignal(log.write(batch), signal);
    await raceSignal(log.close(), signal);
  } catch (cause) {
    if (!signal.aborted) throw cause;
    await raceSignal(log.close(), AbortSignal.timeout(CLOSE_TIMEOUT_MS)).catch(() => {});
  }
}
