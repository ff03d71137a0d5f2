import { CONTROLLER, currentLogTime, type LogEntry } from '../../network/log-entry.ts';
import { openLogSink } from '../../shared/log-sink.ts';
import { logFilePath } from '../input/log-files.ts';
import { paint } from './format.ts';
import { createTerminalFormatter, formatAsJson, type NamedAddress } from './log-format.ts';

/** Whose log it is. */
interface LoggedNetwork {
  name: string;
  run: string;
  nodes: readonly NamedAddress[];
}

/** Shows a devnet's log as it comes, and keeps it in the devnet's file, until it ends. */
export async function streamLog(
  { name, run, nodes }: LoggedNetwork,
  entries: AsyncIterable<LogEntry[]>,
  json: boolean,
): Promise<void> {
  const file = logFilePath(name);
  process.stderr.write(
    `  ${paint('gray', `the log is also in ${file}; Ctrl-C takes the devnet down`, process.stderr)}\n\n`,
  );
  const log = openLogSink<LogEntry>([
    { stream: process.stdout, render: json ? formatAsJson : createTerminalFormatter(nodes) },
    { file, render: formatAsJson },
  ]);
  // First of all who is who: read from the file later, addresses are to be names again.
  const who = nodes.map(({ name, address, port }) => ({ name, address, port }));
  await log.write([
    { time: currentLogTime(), node: CONTROLLER, level: 'info', event: 'up', fields: { run, nodes: who } },
  ]);
  try {
    for await (const batch of entries) await log.write(batch);
  } finally {
    await log.close();
  }
}
