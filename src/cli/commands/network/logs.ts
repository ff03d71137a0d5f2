import { stripVTControlCharacters } from 'node:util';
import { Command, InvalidArgumentError, Option } from 'commander';
import { tailLogs } from '../../../controller/logs/log-tail.ts';
import { findNode } from '../../../controller/peers/send-message.ts';
import { findDevnet } from '../../../controller/state/network-state.ts';
import { connectEngine } from '../../../engine/engine.ts';
import { CONTROLLER, LEVELS, type Level, type LogEntry } from '../../../network/log-entry.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { openLogSink } from '../../../shared/log-sink.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { readLogFiles } from '../../input/log-files.ts';
import {
  collectValues,
  parseMillisecondsOption,
  parseSinceOption,
  parseWholeNumberOption,
} from '../../input/option-parsers.ts';
import { type CollapsedEntry, RepeatCollapser } from '../../output/collapse-repeats.ts';
import { createTerminalFormatter, formatAsJson, type NamedAddress } from '../../output/log-format.ts';

interface Options {
  name?: string;
  follow?: true;
  since?: number;
  tail?: number;
  window?: number;
  level?: Level;
  event?: string[];
  grep?: RegExp;
  file?: true;
  relative?: true;
  fold: boolean;
  json?: true;
}

export const logsCommand = (): Command =>
  new Command('logs')
    .summary('the merged log of a devnet')
    .description("The nodes' logs as one, in the order of the lines' own times.")
    .argument('[node...]', 'only these nodes; with --file, the name of the devnet first')
    .option('--name <name>', 'name of the devnet; without it, the only one there is')
    .option('-f, --follow', 'go on as lines are written')
    .option('--since <time>', 'only from here on: 10m for ten minutes ago, or 2026-01-31T12:00:00Z', parseSinceOption)
    .option('-n, --tail <lines>', 'only this many lines of each node, from the end', parseWholeNumberOption)
    .option(
      '--window <time>',
      'with -f, how long a line may wait for an earlier one, as in 2s (default: 300ms)',
      parseMillisecondsOption,
    )
    .addOption(new Option('--level <level>', 'only this severe or worse').choices(LEVELS as string[]))
    .option('--event <event>', 'only these events; may be given several times', collectValues)
    .option('--grep <pattern>', 'only lines that match this regular expression', parsePatternOption)
    .option('--file', 'read the files that up wrote here, also when the devnet is gone')
    .option('--relative', 'times as seconds since the first line')
    .option('--no-fold', 'show every one of lines that repeat')
    .option('--json', 'one JSON object a line')
    .action(run);

async function run(words: string[], options: Options): Promise<void> {
  const interrupt = handleInterrupt(() => process.exit(130));
  const { signal } = interrupt;
  if (options.window !== undefined && !options.follow) {
    throw new DevnetError('usage', '--window is for lines that are still to come, and goes with --follow', {
      hint: 'devnet logs --follow --window 2s; what is there already is in perfect order without',
    });
  }
  const { entries, nodes: naming } = options.file
    ? await readFromFiles(words, options)
    : await readFromEngine(words, options, signal);
  let first: string | undefined;
  let render = createTerminalFormatter(naming);
  const log = openLogSink<CollapsedEntry & { level: Level }>([
    {
      stream: process.stdout,
      render: ({ entry, repeats: more }) => (options.json ? formatAsJson(entry) : render(entry, more)),
    },
  ]);
  const write = (folded: CollapsedEntry[]) => log.write(folded.map((one) => ({ ...one, level: one.entry.level })));
  const fold = new RepeatCollapser();
  // A run of equal lines is shown when it ends; live, that may be long after its first line.
  const folding = options.fold && !options.json && !options.follow;
  for await (const batch of entries) {
    if (signal.aborted) break;
    const chosen = batch.filter((entry) => matchesFilters(entry, options, render));
    if (first === undefined && chosen[0] && options.relative) {
      first = chosen[0].time;
      render = createTerminalFormatter(naming, first);
    }
    await write(folding ? fold.push(chosen) : chosen.map((entry) => ({ entry, repeats: 0 })));
  }
  await write(fold.flush());
  await log.close();
  interrupt.release();
}

interface LogSource {
  entries: AsyncIterable<LogEntry[]>;
  nodes: readonly NamedAddress[];
}

async function readFromEngine(nodes: string[], options: Options, signal: AbortSignal): Promise<LogSource> {
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, options.name);
  for (const node of nodes) findNode(devnet, node);
  const entries = tailLogs(engine, devnet, {
    follow: options.follow ?? false,
    ...(nodes.length > 0 ? { nodes } : {}),
    ...(options.since === undefined ? {} : { since: options.since }),
    ...(options.tail === undefined ? {} : { tail: options.tail }),
    ...(options.window === undefined ? {} : { window: options.window }),
    signal,
  });
  return { entries, nodes: devnet.nodes };
}

/** The file tells itself who was who: its first entry is `up`, with every node's address. */
async function readFromFiles(words: string[], options: Options): Promise<LogSource> {
  const name = options.name ?? words[0];
  const nodes = options.name === undefined ? words.slice(1) : words;
  if (name === undefined)
    throw new DevnetError('usage', '--file needs the name of a devnet', { hint: 'devnet logs NAME --file' });
  if (options.follow || options.tail !== undefined) {
    throw new DevnetError('usage', '--file reads what is there: it goes neither with --follow nor with --tail', {
      hint: `devnet logs ${name} --file`,
    });
  }
  const naming: NamedAddress[] = [];
  async function* entries(): AsyncGenerator<LogEntry[]> {
    for await (const batch of readLogFiles(name as string)) {
      for (const { node, event, fields } of batch) {
        if (node === CONTROLLER && event === 'up') naming.splice(0, naming.length, ...(fields.nodes as NamedAddress[]));
      }
      const from = options.since;
      yield batch.filter(
        ({ node, time }) =>
          (nodes.length === 0 || nodes.includes(node)) && (from === undefined || Date.parse(time) / 1000 >= from),
      );
    }
  }
  // Read ahead to the first batch, so that its names are known before anything is shown.
  const source = entries();
  const head = await source.next();
  async function* all(): AsyncGenerator<LogEntry[]> {
    if (!head.done) yield head.value;
    yield* source;
  }
  return { entries: all(), nodes: naming };
}

function matchesFilters(entry: LogEntry, options: Options, render: (entry: LogEntry) => string): boolean {
  const { level, event } = entry;
  if (options.level !== undefined && LEVELS.indexOf(level) > LEVELS.indexOf(options.level)) return false;
  if (options.event !== undefined && !options.event.includes(event)) return false;
  return options.grep === undefined || options.grep.test(stripVTControlCharacters(render(entry)));
}

function parsePatternOption(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch (cause) {
    throw new InvalidArgumentError(`Expected a regular expression: ${(cause as Error).message}.`);
  }
}
