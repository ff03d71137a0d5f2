import { CONTROLLER, type LogEntry, now } from '../devnet/log-entry.ts';
import { openLog } from '../log.ts';
import { paint } from './format.ts';
import { logFile } from './log-file.ts';
import { asJson, forPeople, type Naming } from './log-format.ts';

/** Whose log it is. */
interface Logged {
  name: string;
  run: string;
  nodes: readonly Naming[];
}

/** Shows a devnet's log as it comes, and keeps it in the devnet's file, until it ends. */
export async function tailLog(
  { name, run, nodes }: Logged,
  entries: AsyncIterable<LogEntry[]>,
  json: boolean,
): Promise<void> {
  const file = logFile(name);
  process.stderr.write(
    `  ${paint('gray', `the log is also in ${file}; Ctrl-C takes the devnet down`, process.stderr)}\n\n`,
  );
  const log = openLog<LogEntry>([
    { stream: process.stdout, render: json ? asJson : forPeople(nodes) },
    { file, render: asJson },
  ]);
  // First of all who is who: read from the file later, addresses are to be names again.
  const who = nodes.map(({ name, address, port }) => ({ name, address, port }));
  await log.write([{ time: now(), node: CONTROLLER, level: 'info', event: 'up', fields: { run, nodes: who } }]);
  try {
    for await (const batch of entries) await log.write(batch);
  } finally {
    await log.close();
  }
}
