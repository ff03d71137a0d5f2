import { Command, Option } from 'commander';
import { LEVELS, type Level, type LogEntry } from '../../devnet/log-entry.ts';
import { findDevnet } from '../../devnet/observe.ts';
import { findNode } from '../../devnet/send.ts';
import { tailLogs } from '../../devnet/tail.ts';
import { connectEngine } from '../../engine/engine.ts';
import { openLog } from '../../log.ts';
import { takeInterrupt } from '../interrupt.ts';
import { asJson, forPeople } from '../log-format.ts';
import { since, wholeNumber } from '../options.ts';

interface Options {
  name?: string;
  follow?: true;
  since?: number;
  tail?: number;
  level?: Level;
  event?: string[];
  json?: true;
}

export const logsCommand = (): Command =>
  new Command('logs')
    .summary('the merged log of a devnet')
    .description("The nodes' logs as one, in the order of the lines' own times.")
    .argument('[node...]', 'only these nodes')
    .option('--name <name>', 'name of the devnet; without it, the only one there is')
    .option('-f, --follow', 'go on as lines are written')
    .option('--since <time>', 'only from here on: 10m for ten minutes ago, or 2026-01-31T12:00:00Z', since)
    .option('-n, --tail <lines>', 'only this many lines of each node, from the end', wholeNumber)
    .addOption(new Option('--level <level>', 'only this severe or worse').choices(LEVELS as string[]))
    .option('--event <event...>', 'only these events')
    .option('--json', 'one JSON object a line')
    .action(run);

async function run(nodes: string[], options: Options): Promise<void> {
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, options.name);
  for (const node of nodes) findNode(devnet, node);
  const interrupt = takeInterrupt(() => process.exit(130));
  // `devnet logs | head` is a way to ask for the first lines, not a failure.
  const reading = new AbortController();
  process.stdout.once('error', () => reading.abort());
  const log = openLog([{ stream: process.stdout, render: options.json ? asJson : forPeople(devnet) }]);
  const entries = tailLogs(engine, devnet, {
    follow: options.follow ?? false,
    ...(nodes.length > 0 ? { nodes } : {}),
    ...(options.since === undefined ? {} : { since: options.since }),
    ...(options.tail === undefined ? {} : { tail: options.tail }),
    signal: AbortSignal.any([interrupt.signal, reading.signal]),
  });
  for await (const batch of entries) await log.write(batch.filter((entry) => wanted(entry, options)));
  await log.close();
  interrupt.release();
}

function wanted({ level, event }: LogEntry, options: Options): boolean {
  if (options.level !== undefined && LEVELS.indexOf(level) > LEVELS.indexOf(options.level)) return false;
  return options.event === undefined || options.event.includes(event);
}
