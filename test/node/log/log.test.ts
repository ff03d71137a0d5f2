import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createLog, type LogLevel } from '../../../src/node/log/log.ts';
import { createLogWriter } from '../../../src/node/log/log-writer.ts';

function logged(level: LogLevel, now = { at: 0 }) {
  const lines: string[] = [];
  const log = createLog({ node: 'n1', level, write: (line) => lines.push(line), time: () => 'now', now: () => now.at });
  return { log, read: () => lines.splice(0).map((line) => JSON.parse(line)) };
}

test('a line is one JSON object', () => {
  const lines: string[] = [];
  createLog({ node: 'n1', level: 'info', write: (line) => lines.push(line), time: () => 'now' }).info('chat', {
    text: 'a\nb',
    from: undefined,
  });
  expect(lines).toEqual(['{"time":"now","level":"info","event":"chat","node":"n1","text":"a\\nb"}\n']);
});

test('lines below the level are left out', () => {
  const { log, read } = logged('warn');
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](level);
  expect(read().map((line) => line.event)).toEqual(['warn', 'error']);
});

test('long strings are cut', () => {
  const { log, read } = logged('info');
  log.info('chat', { text: 'x'.repeat(1_000_000) });
  expect(read()[0].text).toBe(`${'x'.repeat(256)}…`);
});

test('events beyond their rate limit are counted', () => {
  const now = { at: 0 };
  const { log, read } = logged('info', now);
  for (let line = 0; line < 100; line++) log.warn('flood');
  log.warn('other');
  expect(read().map((line) => line.event)).toEqual([...Array(20).fill('flood'), 'other']);
  now.at = 1_000;
  log.warn('flood');
  log.warn('flood');
  expect(read()).toEqual([expect.objectContaining({ event: 'flood', suppressed: 80 })]);
});

test('a reader that is stuck costs neither time nor memory, and gets the count of lost lines', async () => {
  const stream = new PassThrough({ highWaterMark: 1_024 });
  const output = createLogWriter(stream, (lines) => `lost ${lines}\n`);
  const line = `${'x'.repeat(1_023)}\n`;
  for (let sent = 0; sent < 5_000; sent++) {
    output.write(line);
    if (sent % 10 === 0) await new Promise((turned) => setImmediate(turned));
  }
  expect(stream.writableLength).toBeLessThan(1_100_000);
  let read = '';
  stream.on('data', (chunk) => {
    read += chunk;
  });
  await expect.poll(() => read).toMatch(/lost \d+\n$/);
  const lost = Number(/lost (\d+)/.exec(read)?.[1]);
  expect(read.split('\n').length - 2 + lost).toBe(5_000);
});

test('the lines of one turn of the event loop are written at once, at its end', async () => {
  const stream = new PassThrough();
  const pieces: string[] = [];
  stream.on('data', (chunk) => pieces.push(String(chunk)));
  const output = createLogWriter(stream, String);
  output.write('a\n');
  output.write('b\n');
  expect(stream.writableLength).toBe(0);
  await expect.poll(() => pieces).toEqual(['a\nb\n']);
  output.write('c\n');
  await output.flush(10_000);
  await expect.poll(() => pieces).toEqual(['a\nb\n', 'c\n']);
});

test('many lines in one turn are all written if the reader reads', async () => {
  const stream = new PassThrough();
  let read = 0;
  stream.on('data', (chunk) => {
    read += chunk.length;
  });
  const output = createLogWriter(stream, String);
  const line = `${'x'.repeat(199)}\n`;
  for (let sent = 0; sent < 10_000; sent++) output.write(line);
  await output.flush(10_000);
  await expect.poll(() => read).toBe(2_000_000);
});

test('flush waits for the reader, up to its timeout', async () => {
  const stream = new PassThrough({ highWaterMark: 10 });
  const output = createLogWriter(stream, String);
  output.write('a line that is longer than ten bytes\n');
  output.write('another\n');
  await output.flush(10);
  expect(stream.writableLength).toBeGreaterThan(0);
  stream.resume();
  await output.flush(10_000);
  expect(stream.writableLength).toBe(0);
});

test('writing to a closed stream is not an error', async () => {
  const stream = new PassThrough();
  const output = createLogWriter(stream, String);
  stream.destroy(new Error('EPIPE'));
  output.write('a\n');
  await output.flush(10_000);
});
