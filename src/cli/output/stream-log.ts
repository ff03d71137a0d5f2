import { CONTROLLER, currentLogTime, type LogEntry } from '../../network/log-entry.ts';
import { openLogSink } from '../../shared/log-sink.ts';
import { logFilePath } from '../input/log-files.ts';
import { paint } from './format.ts';
import { createTerminalFormatter, formatAsJson, type NamedAddress } from './log-format.ts';

interface LoggedNetwork {
  name: string;
  run: string;
  nodes: readonly NamedAddress[];
}

/** Prints the log of a network as it is written, and appends it to the network's log file, until it ends. */
export async function streamLog(
  { name, run, nodes }: LoggedNetwork,
  entries: AsyncIterable<LogEntry[]>,
  json: boolean,
): Promise<void> {
  const file = logFilePath(name);
  process.stderr.write(
    `  ${paint('gray', `the log is also in ${file}; Ctrl-C removes the network`, process.stderr)}\n\n`,
  );
  const log = openLogSink<LogEntry>([
    { stream: process.stdout, render: json ? formatAsJson : createTerminalFormatter(nodes) },
    { file, render: formatAsJson },
  ]);
  // The first entry holds the address of every node: whoever reads the file later can replace addresses by names.
  const addresses = nodes.map(({ name, address, port }) => ({ name, address, port }));
  await log.write([
    { time: currentLogTime(), node: CONTROLLER, level: 'info', event: 'up', fields: { run, nodes: addresses } },
  ]);
  try {
    for await (const batch of entries) await log.write(batch);
  } finally {
    await log.close();
  }
}
