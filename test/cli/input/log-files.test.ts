import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readLogFiles } from '../../../src/cli/input/log-files.ts';
import type { LogEntry } from '../../../src/network/log-entry.ts';
import { formatAsJson } from '../../../src/network/log-entry.ts';

const entry = (time: string, node: string, event: string, fields: Record<string, unknown> = {}): LogEntry => ({
  time,
  node,
  level: 'info',
  event,
  fields,
});
const at = (second: number) => `2026-01-01T00:00:0${second}.250000Z`;

const before = process.cwd();
beforeEach(() => {
  process.chdir(mkdtempSync(join(tmpdir(), 'devnet-logs-')));
  mkdirSync('.devnet/net', { recursive: true });
});
afterEach(() => {
  const folder = process.cwd();
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

async function readAll(): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const batch of readLogFiles('net')) entries.push(...batch);
  return entries;
}

it('reads rotated files before the current one, and skips a truncated line', async () => {
  const write = (file: string, ...seconds: number[]) =>
    writeFileSync(
      `.devnet/net/${file}`,
      seconds.map((second) => `${formatAsJson(entry(at(second), 'a', 'x'))}\n`).join(''),
    );
  write('log2.jsonl', 1);
  write('log1.jsonl', 2, 3);
  write('log.jsonl', 4);
  writeFileSync('.devnet/net/log.jsonl', `${formatAsJson(entry(at(4), 'a', 'x'))}\n{"time":"2026`, {});
  expect((await readAll()).map(({ time }) => time)).toEqual([1, 2, 3, 4].map(at));
  await expect(readLogFiles('other').next()).rejects.toMatchObject({ code: 'file_unreadable' });
});

it('ends a line at a newline only', async () => {
  const written = entry(at(1), 'a', 'output', { text: 'one\u2028two\u2029three' });
  writeFileSync('.devnet/net/log.jsonl', `${formatAsJson(written)}\n`);
  expect(await readAll()).toEqual([written]);
});
