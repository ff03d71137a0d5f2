import type { RecordedLogEntry } from '../../../recording/recording-event.ts';
import { toVisibleText } from './visible-text.ts';

/** Name in `node` of devnet's own entries, and how it is written. */
const CONTROLLER = '.devnet';
const CONTROLLER_LABEL = 'devnet';
const MAX_LINE_CHARACTERS = 600;
const MAX_DETAIL_CHARACTERS = 20_000;
/** Fields in which the controller names nodes. */
const NODE_FIELDS = ['of', 'from', 'to', 'nodes'] as const;

export function writerOf({ node }: RecordedLogEntry): string {
  return node === CONTROLLER ? CONTROLLER_LABEL : toVisibleText(node, 80);
}

/** Names by `host:port`, which nodes call each other. */
export type Names = ReadonlyMap<string, string>;

/** Formats an entry for a line: `link_down peer=n3`. */
export function formatEntry(
  { time: _time, node: _node, level: _level, event, ...fields }: RecordedLogEntry,
  names: Names,
): string {
  if (event === 'output') return toVisibleText(onOneLine(String(fields.text)), MAX_LINE_CHARACTERS);
  const text = Object.entries(fields).map(([key, value]) => `${key}=${formatValue(value, names)}`);
  return toVisibleText(onOneLine([event, ...text].join(' ')), MAX_LINE_CHARACTERS);
}

/** Formats an entry in full, with a field on each line. */
export function formatDetails({ time, node: _node, level, event, ...fields }: RecordedLogEntry): string {
  const lines =
    event === 'output'
      ? [String(fields.text)]
      : [event, ...Object.entries(fields).map(([key, value]) => `  ${key}: ${formatValue(value)}`)];
  return toVisibleText([`${time}  ${level}`, ...lines].join('\n'), MAX_DETAIL_CHARACTERS);
}

/** Returns whether an entry was written by one of `nodes`, or by devnet about one of them. */
export function concernsNodes(entry: RecordedLogEntry, nodes: ReadonlySet<string>): boolean {
  if (nodes.has(entry.node)) return true;
  if (entry.node !== CONTROLLER) return false;
  return NODE_FIELDS.some((key) => [entry[key]].flat().some((name) => nodes.has(name as string)));
}

function onOneLine(text: string): string {
  return text.slice(0, MAX_LINE_CHARACTERS + 1).replaceAll('\n', '\\n') + text.slice(MAX_LINE_CHARACTERS + 1);
}

function formatValue(value: unknown, names?: Names): string {
  return typeof value === 'string' ? (names?.get(value) ?? value) : JSON.stringify(value);
}
