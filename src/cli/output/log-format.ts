import type { styleText } from 'node:util';
import { CONTROLLER, entryToJson, type Level, type LogEntry } from '../../network/log-entry.ts';
import { paint } from './format.ts';

type Style = Parameters<typeof styleText>[0];

/** Told apart well on dark and on light ground; a node keeps its colour for as long as its place in the topology. */
const NODE_COLOURS: Style[] = [
  'cyan',
  'yellow',
  'green',
  'magenta',
  'blue',
  'cyanBright',
  'yellowBright',
  'greenBright',
  'magentaBright',
  'blueBright',
];
const LEVEL_COLOURS: Record<Level, Style> = { error: 'red', warn: 'yellow', info: 'reset', debug: 'gray' };

/** Renders entries as one JSON object a line. */
export function formatAsJson(entry: LogEntry): string {
  return JSON.stringify(entryToJson(entry));
}

/** What a rendering for people needs to know of the nodes. */
export interface NamedAddress {
  /** In the topology's order. */
  name: string;
  address: string;
  port: number;
}

/**
 * Renders entries for a person: time, node, level where it is not `info`, event and fields. A node's address is replaced by
 * its name, which is what people know it by.
 * @param since times are seconds since this ISO time; without it, they are local wall-clock times
 */
export function createTerminalFormatter(
  nodes: readonly NamedAddress[],
  since?: string,
): (entry: LogEntry, more?: number) => string {
  const width = Math.max(...nodes.map(({ name }) => name.length), CONTROLLER.length - 1);
  const place = new Map(nodes.map(({ name }, index) => [name, index]));
  const names = new Map(nodes.map(({ name, address, port }) => [`${address}:${port}`, name]));
  const value = (field: unknown): string => {
    if (typeof field !== 'string') return JSON.stringify(field);
    const name = names.get(field);
    if (name !== undefined) return name;
    return /^[^\s"=\x00-\x1f\x7f-\x9f]+$/.test(field) ? field : JSON.stringify(field);
  };
  return ({ time, node, level, event, fields }, more = 0) => {
    const own = node === CONTROLLER;
    const colour = own ? 'bold' : (NODE_COLOURS[(place.get(node) ?? 0) % NODE_COLOURS.length] as Style);
    const who = paint(colour, (own ? 'devnet' : node).padEnd(width));
    const severity = level === 'info' ? '' : `${paint(LEVEL_COLOURS[level], level)} `;
    // Who is who stands in `up` for those who read the file later; on a screen it is noise.
    const shown = own && event === 'up' ? { run: fields.run } : fields;
    const text = event === 'output' ? escapeControlCharacters(String(fields.text)) : formatEvent(event, shown, value);
    const when = since === undefined ? formatClockTime(time) : formatElapsed(time, since);
    const again = more === 0 ? '' : paint('gray', ` (and ${more} more like it)`);
    return `${paint('gray', when)} ${who} ${severity}${text}${again}`;
  };
}

function formatEvent(event: string, fields: Record<string, unknown>, value: (field: unknown) => string): string {
  const parts = Object.entries(fields).map(([key, field]) => `${paint('gray', `${key}=`)}${value(field)}`);
  return [event, ...parts].join(' ');
}

/** What a node wrote must not steer the terminal it is shown on. */
function escapeControlCharacters(text: string): string {
  return text.replace(
    /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g,
    (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** Local wall-clock time with milliseconds, of an ISO time. */
function formatClockTime(time: string): string {
  const date = new Date(time);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${time.slice(20, 23)}`;
}

/** Seconds between two ISO times, to the millisecond: `   +1.234`. */
function formatElapsed(time: string, since: string): string {
  return `+${((Date.parse(time) - Date.parse(since)) / 1000).toFixed(3)}`.padStart(10);
}
