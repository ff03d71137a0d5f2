import { styleText } from 'node:util';
import { pluralize } from '../../shared/text.ts';

export type Style = Parameters<typeof styleText>[0];

/** Colours text where `stream` is a terminal with colours. Respects NO_COLOR and FORCE_COLOR. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}

/** Returns {@link paint} for a stream whose colours are found out once, for text that is painted often. */
export function createPainter(stream: NodeJS.WriteStream = process.stdout): (style: Style, text: string) => string {
  const hasColours = styleText('red', 'x', { stream }) !== 'x';
  return hasColours ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
}

/** Formats rows as columns, two spaces apart and as wide as their widest cell. The first row is the heading. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, i) => Math.max(widest[i] ?? 0, visibleWidth(cell))),
    [],
  );
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell + ' '.repeat((widths[i] as number) - visibleWidth(cell)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Returns how many columns a text takes on a terminal. */
export function visibleWidth(text: string): number {
  return text.replace(/\x1b\[[0-9;]*m/g, '').length;
}

/** Formats bytes in binary units with three digits: `10.5 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = bytes;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

/** Formats seconds in at most two units: `45 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ];
  const whole = Math.floor(seconds);
  const first = units.findIndex(([, size]) => whole >= size);
  let rest = whole;
  const parts = units.slice(first, first + 2).map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? '' : `${count} ${unit}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}

/** Formats memory in use, and its limit if there is one: `8.1 MiB of 128 MiB`. */
export function formatMemory(memory: number | undefined, limit: number | undefined): string {
  if (memory === undefined) return '-';
  return limit === undefined ? formatBytes(memory) : `${formatBytes(memory)} of ${formatBytes(limit)}`;
}

/** Formats milliseconds as seconds: `1.25 s`. */
export function formatSeconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}

/** Formats the size of a graph: `8 nodes, 20 links`. */
export function formatGraphSize({ nodes, links }: { nodes: readonly unknown[]; links: readonly unknown[] }): string {
  return `${pluralize(nodes.length, 'node')}, ${pluralize(links.length, 'link')}`;
}

/** Writes a line to standard error: standard output belongs to the result, which may be JSON. */
export function writeToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Writes a warning to standard error: something that does not keep the command from its work. */
export function warn(text: string): void {
  writeToStderr(`${paint('yellow', '!', process.stderr)} ${text}`);
}
