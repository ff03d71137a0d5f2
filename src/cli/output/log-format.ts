import { CONTROLLER, CONTROLLER_LABEL, type Level, type LogEntry } from '../../network/log-entry.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import { createPainter, type Style } from './format.ts';

/** Readable on dark and light backgrounds. A node's colour depends on its position in the topology. */
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

/** Name and address of a node. */
export interface NamedAddress {
  name: string;
  address: string;
  port: number;
}

/** Lists the names and addresses of a network's nodes, in the topology's order. */
export function namedAddresses({ addresses }: Pick<RunningNetwork, 'addresses'>): NamedAddress[] {
  return [...addresses].map(([name, { host, port }]) => ({ name, address: host, port }));
}

/**
 * Returns a function that formats entries for a terminal: time, node, level unless it is `info`, event and fields. Addresses of
 * nodes are replaced by their names.
 * @param nodes in the topology's order
 * @param since ISO time that times are relative to, in seconds. @default local wall-clock times
 */
export function createTerminalFormatter(
  nodes: readonly NamedAddress[],
  since?: string,
): (entry: LogEntry, repeats?: number) => string {
  const paint = createPainter();
  const formatClockTime = createClockFormatter();
  const width = Math.max(...nodes.map(({ name }) => name.length), CONTROLLER_LABEL.length);
  const positions = new Map(nodes.map(({ name }, index) => [name, index]));
  const names = new Map(nodes.map(({ name, address, port }) => [`${address}:${port}`, name]));
  const formatNode = (node: string) => {
    if (node === CONTROLLER) return paint('bold', CONTROLLER_LABEL.padEnd(width));
    return paint(NODE_COLOURS[(positions.get(node) ?? 0) % NODE_COLOURS.length] as Style, node.padEnd(width));
  };
  const formattedNodes = new Map<string, string>();
  const formatEvent = (event: string, fields: Record<string, unknown>) => {
    const parts = Object.entries(fields).map(([key, field]) => `${paint('gray', `${key}=`)}${value(field)}`);
    return [event, ...parts].join(' ');
  };
  const value = (field: unknown): string => {
    if (typeof field !== 'string') return JSON.stringify(field);
    const name = names.get(field);
    if (name !== undefined) return name;
    return /^[^\s"=\x00-\x1f\x7f-\x9f]+$/.test(field) ? field : JSON.stringify(field);
  };
  return ({ time, node, level, event, fields }, repeats = 0) => {
    let who = formattedNodes.get(node);
    if (who === undefined) {
      who = formatNode(node);
      formattedNodes.set(node, who);
    }
    const severity = level === 'info' ? '' : `${paint(LEVEL_COLOURS[level], level)} `;
    // `up` holds the address of every node, for those who read the file later; on a screen it is noise.
    const shown = event === 'up' && node === CONTROLLER ? { run: fields.run } : fields;
    const text = event === 'output' ? escapeControlCharacters(String(fields.text)) : formatEvent(event, shown);
    const when = since === undefined ? formatClockTime(time) : formatElapsed(time, since);
    const cut = event === 'output' && fields.continues ? paint('gray', ' … (this line continues below)') : '';
    const suffix = repeats === 0 ? '' : paint('gray', ` (and ${repeats} more like it)`);
    return `${paint('gray', when)} ${who} ${severity}${text}${cut}${suffix}`;
  };
}

/** Output of a node must not control the terminal that it is shown on. */
function escapeControlCharacters(text: string): string {
  return text.replace(
    /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g,
    (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** Returns a function that formats ISO times as local wall-clock times with milliseconds. Most are of the second of the one before. */
function createClockFormatter(): (time: string) => string {
  let [second, clock] = ['', ''];
  return (time) => {
    if (!time.startsWith(second) || second === '') {
      second = time.slice(0, 19);
      const date = new Date(time);
      const two = (number: number) => String(number).padStart(2, '0');
      clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    }
    return `${clock}.${time.slice(20, 23)}`;
  };
}

/** Formats the seconds between two ISO times: `   +1.234`. */
function formatElapsed(time: string, since: string): string {
  return `+${((Date.parse(time) - Date.parse(since)) / 1000).toFixed(3)}`.padStart(10);
}
