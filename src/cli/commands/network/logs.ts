import { stripVTControlCharacters } from 'node:util';
import {
  CONTROLLER,
  CONTROLLER_LABEL,
  concernsNodes,
  formatAsJson,
  LEVELS,
  type Level,
  type LogEntry,
} from '../../../network/log-entry.ts';
import { findNode } from '../../../network/send-message.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { openLogSink } from '../../../shared/files/log-sink.ts';
import { processTimeMs } from '../../../shared/time/clock-offset.ts';
import { signalWithTimeout } from '../../../shared/time/signal-with-timeout.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { readLogFiles } from '../../input/log-files.ts';
import { type LogTime, resolveLogTime } from '../../input/log-time.ts';
import { selectWords, splitNodeName } from '../../input/select-network.ts';
import { type CollapsedEntry, RepeatCollapser } from '../../output/collapse-repeats.ts';
import { createTerminalFormatter, type NamedAddress, namedAddresses } from '../../output/log-format.ts';
import { standardOutputFailure } from '../../output/standard-streams.ts';

interface Options {
  name?: string;
  follow?: true;
  since?: LogTime;
  until?: LogTime;
  /** Lines per node. */
  tail?: number;
  /** Milliseconds. */
  window?: number;
  level?: Level;
  event?: string[];
  grep?: RegExp;
  file?: true;
  relative?: true;
  fold: boolean;
  json?: true;
}

/** Longest time from a node's line to its entry in the log, milliseconds. */
const LATE_ENTRIES_MS = 1_000;

interface LogSource {
  entries: AsyncIterable<LogEntry[]>;
  nodes: readonly NamedAddress[];
  /** Time of the last entries, seconds since the epoch by the nodes' clock. */
  until: number | undefined;
}

export async function run(words: string[], options: Options): Promise<void> {
  const { signal, release } = handleInterrupt();
  if (options.window !== undefined && !options.follow) {
    throw new DevnetError(
      'usage',
      '--window works only with --follow: it is the time to wait for lines that are late',
      {
        hint: 'devnet logs --follow --window 2s',
      },
    );
  }
  const { entries, nodes, until } = options.file
    ? await readFromFiles(words, options)
    : await readFromEngine(words, options, signal);
  let format = createTerminalFormatter(nodes);
  let first: string | undefined;
  const log = openLogSink<CollapsedEntry>([
    {
      stream: process.stdout,
      render: ({ entry, repeats }) => (options.json ? formatAsJson(entry) : format(entry, repeats)),
    },
  ]);
  const collapser = new RepeatCollapser();
  // A run of equal lines is shown when it ends; with --follow, that may be long after its first line.
  const collapses = options.fold && !options.json && !options.follow;
  for await (const batch of entries) {
    if (signal.aborted || standardOutputFailure() !== undefined) break;
    const chosen = batch.filter((entry) => isUntil(entry, until) && matchesFilters(entry, options, format));
    if (first === undefined && chosen[0] && options.relative) {
      first = chosen[0].time;
      format = createTerminalFormatter(nodes, first);
    }
    await log.write(collapses ? collapser.push(chosen) : chosen.map((entry) => ({ entry, repeats: 0 })));
  }
  await log.write(collapser.flush());
  await log.close();
  release();
}

async function readFromEngine(words: string[], options: Options, signal: AbortSignal): Promise<LogSource> {
  const { follow = false, tail, window } = options;
  const { name, words: sources } = await selectWords(words, options.name);
  const network = await attachNetwork(name);
  const { nodes: declared } = network.topology;
  const nodes = sources.map((word) => parseSource(word, declared) ?? findNode(network.name, declared, word).name);
  const now = needsNow(options) ? (processTimeMs() + (await network.clockOffset()).offsetMs) / 1_000 : 0;
  const since = options.since && resolveLogTime(options.since, now);
  const until = options.until && resolveLogTime(options.until, now);
  const entries = await network.readLog({
    follow,
    ...(nodes.length > 0 ? { nodes } : {}),
    ...(since === undefined ? {} : { since: since * 1000 }),
    ...(tail === undefined ? {} : { tail }),
    ...(window === undefined ? {} : { windowMs: window }),
    signal: follow && until !== undefined ? signalWithTimeout(signal, timeoutOf(until - now, window)) : signal,
  });
  return { entries, nodes: namedAddresses(network), until };
}

/** Parses the name of the controller, as a log prints it; undefined for other words, and where a node has that name. */
function parseSource(word: string, nodes: readonly { name: string }[]): typeof CONTROLLER | undefined {
  const isController = word === CONTROLLER || (word === CONTROLLER_LABEL && !nodes.some(({ name }) => name === word));
  return isController ? CONTROLLER : undefined;
}

/** Returns whether the time now is needed, by the nodes' clock: nothing else is written by this machine's. */
function needsNow({ since, until, follow }: Options): boolean {
  return (since !== undefined && 'ago' in since) || (until !== undefined && ('ago' in until || follow === true));
}

/** Returns in how many milliseconds all entries are there that are written until in so many seconds. */
function timeoutOf(seconds: number, windowMs = 0): number {
  return seconds * 1_000 + windowMs + LATE_ENTRIES_MS;
}

/** Reads the log files of a network. Their `up` entries name the address of every node. */
async function readFromFiles(words: string[], options: Options): Promise<LogSource> {
  const first = splitNodeName(words[0] ?? '');
  const name = options.name ?? first.network ?? words[0];
  const sources =
    (options.name ?? first.network) === undefined ? words.slice(1) : words.map((word) => splitNodeName(word).node);
  if (name === undefined) {
    throw new DevnetError('usage', '--file needs the name of a network', { hint: 'devnet logs NAME --file' });
  }
  if (options.follow || options.tail !== undefined) {
    throw new DevnetError('usage', '--file reads a finished log and cannot be combined with --follow or --tail', {
      hint: `devnet logs ${name} --file`,
    });
  }
  const now = Date.now() / 1_000;
  const since = options.since && resolveLogTime(options.since, now);
  const addresses: NamedAddress[] = [];
  async function* readEntries(): AsyncGenerator<LogEntry[]> {
    for await (const batch of readLogFiles(name as string)) {
      for (const { node, event, fields } of batch) {
        if (node === CONTROLLER && event === 'up') addresses.splice(0, Infinity, ...(fields.nodes as NamedAddress[]));
      }
      const chosen = new Set(sources.map((word) => parseSource(word, addresses) ?? word));
      yield batch.filter(
        (entry) =>
          (chosen.size === 0 || concernsNodes(entry, chosen)) &&
          (since === undefined || secondsSinceEpoch(entry.time) >= since),
      );
    }
  }
  // Reads the first batch ahead, so that its names are known before anything is shown.
  const source = readEntries();
  const head = await source.next();
  async function* entries(): AsyncGenerator<LogEntry[]> {
    if (!head.done) yield head.value;
    yield* source;
  }
  return { entries: entries(), nodes: addresses, until: options.until && resolveLogTime(options.until, now) };
}

function matchesFilters(entry: LogEntry, options: Options, format: (entry: LogEntry) => string): boolean {
  const { level, event } = entry;
  if (options.level !== undefined && LEVELS.indexOf(level) > LEVELS.indexOf(options.level)) return false;
  if (options.event !== undefined && !options.event.includes(event)) return false;
  return options.grep === undefined || options.grep.test(stripVTControlCharacters(format(entry)));
}

function isUntil({ time }: LogEntry, until: number | undefined): boolean {
  return until === undefined || secondsSinceEpoch(time) <= until;
}

/** Returns the time of an entry in seconds. `Date` alone has milliseconds. */
function secondsSinceEpoch(time: string): number {
  return Date.parse(time) / 1_000 + Number(time.slice(23, 26)) / 1_000_000;
}
