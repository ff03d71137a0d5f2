import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readLogFiles } from '../../../src/cli/input/log-files.ts';
import { RepeatCollapser } from '../../../src/cli/output/collapse-repeats.ts';
import { createTerminalFormatter, formatAsJson } from '../../../src/cli/output/log-format.ts';
import type { LogEntry } from '../../../src/network/log-entry.ts';

const entry = (time: string, node: string, event: string, fields: Record<string, unknown> = {}): LogEntry => ({
  time,
  node,
  level: 'info',
  event,
  fields,
});
const at = (second: number) => `2026-01-01T00:00:0${second}.250000Z`;

describe('forPeople', () => {
  const nodes = [
    { name: 'alice', address: '10.64.0.2', port: 3000 },
    { name: 'bob', address: '10.64.0.3', port: 3000 },
  ];
  const show = (one: LogEntry, more?: number) =>
    stripVTControlCharacters(createTerminalFormatter(nodes, at(0))(one, more));

  it('names nodes instead of their addresses, and counts time from the first line', () => {
    expect(show(entry(at(3), 'bob', 'link_up', { peer: '10.64.0.2:3000', rtt_ms: 0.5 }))).toBe(
      '    +3.000 bob    link_up peer=alice rtt_ms=0.5',
    );
  });

  it('says how many more there were', () => {
    expect(show(entry(at(1), 'bob', 'chat', { text: 'two words' }), 2)).toBe(
      '    +1.000 bob    chat text="two words" (and 2 more like it)',
    );
  });

  it.each(['\x1b[2J', 'a\rb', '\x07', '\u009b31m'])('lets no node steer the terminal with %j', (text) => {
    const shown =
      createTerminalFormatter(nodes, at(0))(entry(at(1), 'bob', 'output', { text })) +
      createTerminalFormatter(nodes, at(0))(entry(at(1), 'bob', 'chat', { text }));
    expect(stripVTControlCharacters(shown).replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
  });
});

describe('Fold', () => {
  it('folds runs that differ in nothing but their time, whatever the batches', () => {
    const fold = new RepeatCollapser();
    const lines = [
      entry(at(1), 'a', 'x'),
      entry(at(2), 'a', 'x'),
      entry(at(3), 'a', 'x', { n: 1 }),
      entry(at(4), 'b', 'x'),
      entry(at(5), 'b', 'x'),
    ];
    const folded = [
      ...fold.push(lines.slice(0, 1)),
      ...fold.push(lines.slice(1, 4)),
      ...fold.push(lines.slice(4)),
      ...fold.flush(),
    ];
    expect(folded.map(({ entry: { time }, repeats: more }) => [time, more])).toEqual([
      [at(1), 1],
      [at(3), 0],
      [at(4), 1],
    ]);
    expect(fold.flush()).toEqual([]);
  });
});

describe('readLogFiles', () => {
  it('reads the files that were set aside before the one that was written last, and survives a line cut off', async () => {
    const before = process.cwd();
    process.chdir(mkdtempSync(join(tmpdir(), 'devnet-logs-')));
    try {
      mkdirSync('.devnet/net', { recursive: true });
      const write = (file: string, ...seconds: number[]) =>
        writeFileSync(
          `.devnet/net/${file}`,
          seconds.map((second) => `${formatAsJson(entry(at(second), 'a', 'x'))}\n`).join(''),
        );
      write('log2.jsonl', 1);
      write('log1.jsonl', 2, 3);
      write('log.jsonl', 4);
      writeFileSync('.devnet/net/log.jsonl', `${formatAsJson(entry(at(4), 'a', 'x'))}\n{"time":"2026`, {});
      const times: string[] = [];
      for await (const batch of readLogFiles('net')) times.push(...batch.map(({ time }) => time));
      expect(times).toEqual([1, 2, 3, 4].map(at));
      await expect(readLogFiles('other').next()).rejects.toMatchObject({ code: 'file_unreadable' });
    } finally {
      process.chdir(before);
    }
  });
});
