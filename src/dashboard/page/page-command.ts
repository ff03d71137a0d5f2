import type { LinkConditions } from '../../topology/model/topology.ts';

/** Something that the page does to a running network: what a command of devnet does, too. Plain JSON. */
export type PageCommand =
  | { do: 'kill' | 'stop' | 'pause' | 'unpause' | 'restart'; node: string }
  /** Faults and nodes; none: everything. */
  | { do: 'heal'; targets: string[] }
  | { do: 'cut'; from: string; to: string; oneWay?: boolean }
  | { do: 'link'; from: string; to: string; oneWay?: boolean; conditions: LinkConditions }
  /** Back to the declared conditions. */
  | { do: 'clear'; from: string; to: string }
  | { do: 'partition'; groups: string[][] }
  /** The payload is JSON or, where it is not, a string. */
  | { do: 'send'; node: string; type: string; payload?: string }
  | { do: 'measure'; from: string; to: string }
  /** A file with a scenario: its name and its text. */
  | { do: 'run'; file: string; text: string };

/** Answer of the server to a command. */
export type CommandResult =
  | { ok: true /** In a line. */; text: string /** The reply of a node, or a measurement. */; detail?: unknown }
  | { ok: false; code: string; message: string; hint?: string };

/** Options of `devnet link`, with how a value is written. */
const CONDITION_OPTIONS: { key: keyof LinkConditions; format: (value: number) => string }[] = [
  { key: 'delay', format: (value) => `${formatNumber(value)}ms` },
  { key: 'jitter', format: (value) => `${formatNumber(value)}ms` },
  { key: 'loss', format: formatShare },
  { key: 'rate', format: formatRate },
  { key: 'duplicate', format: formatShare },
  { key: 'reorder', format: formatShare },
  { key: 'corrupt', format: formatShare },
];

/** Returns the command line that does the same, without the program: `kill n3 --name ring`. */
export function toCommandLine(command: PageCommand, network: string): string {
  return [...wordsOf(command), `--name ${quote(network)}`].join(' ');
}

function wordsOf(command: PageCommand): string[] {
  switch (command.do) {
    case 'heal':
      return ['heal', ...command.targets.map(quote)];
    case 'cut':
      return ['cut', quote(command.from), quote(command.to), ...(command.oneWay ? ['--one-way'] : [])];
    case 'link':
      return [
        ...['link', quote(command.from), quote(command.to)],
        ...CONDITION_OPTIONS.flatMap(({ key, format }) => {
          const value = command.conditions[key];
          return value === undefined ? [] : [`--${key} ${format(value)}`];
        }),
        ...(command.oneWay ? ['--one-way'] : []),
      ];
    case 'clear':
      return ['link', quote(command.from), quote(command.to), '--clear'];
    case 'partition':
      return ['partition', command.groups.map((group) => group.map(quote).join(',')).join(' / ')];
    case 'send':
      return [
        ...['send', quote(command.node), quote(command.type)],
        ...(command.payload === undefined ? [] : [quote(command.payload)]),
      ];
    case 'measure':
      return ['measure'];
    case 'run':
      return ['run', quote(command.file)];
    default:
      return [command.do, quote(command.node)];
  }
}

/** Quotes a word for a POSIX shell, if it needs that. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function formatNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function formatShare(value: number): string {
  return `${formatNumber(value * 100)}%`;
}

function formatRate(bitsPerSecond: number): string {
  if (bitsPerSecond >= 1e6) return `${formatNumber(bitsPerSecond / 1e6)}mbit`;
  if (bitsPerSecond >= 1e3) return `${formatNumber(bitsPerSecond / 1e3)}kbit`;
  return `${formatNumber(bitsPerSecond)}bit`;
}
