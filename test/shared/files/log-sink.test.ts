import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLogSink } from '../../../src/shared/files/log-sink.ts';
import { RotatingFile } from '../../../src/shared/files/rotating-file.ts';
import { until } from '../../support/until.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'devnet-sink-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const openFile = (maxBytes = 1_000_000) => RotatingFile.open(join(folder, 'log'), { maxBytes, maxFiles: 10 });
const never = () => expect.unreachable('the file can be written');
const numbers = Array.from({ length: 20_000 }, (_, i) => i);

describe('openLogSink', () => {
  it('writes every entry to every destination, in order, however the batches are cut and the file is rotated', async () => {
    const stream = new PassThrough();
    const printed = text(stream);
    const sink = openLogSink<number>([
      { stream, render: (entry) => `${entry}` },
      { file: await openFile(20_000), render: (entry) => `<${entry}>`, onFailure: never },
    ]);
    const writes: Promise<void>[] = [];
    for (let start = 0; start < numbers.length; start += 1_500)
      writes.push(sink.write(numbers.slice(start, start + 1_500)));
    await sink.close();
    await Promise.all(writes);
    stream.end();
    expect(await printed).toBe(numbers.map((entry) => `${entry}\n`).join(''));
    const age = (name: string) => Number(/\d+/.exec(name) ?? 0);
    const files = readdirSync(folder).sort((a, b) => age(b) - age(a));
    expect(files.length).toBeGreaterThan(5);
    expect(files.map((name) => readFileSync(join(folder, name), 'utf8')).join('')).toBe(
      numbers.map((entry) => `<${entry}>\n`).join(''),
    );
  });

  it('goes on with the other destinations when a file fails, and tells once', async () => {
    const file = await openFile();
    file.append = () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
    const failures: unknown[] = [];
    const stream = new PassThrough();
    const printed = text(stream);
    const sink = openLogSink<number>([
      { file, render: String, onFailure: (cause) => failures.push(cause) },
      { stream, render: String },
    ]);
    for (const entry of numbers.slice(0, 100)) await sink.write([entry]);
    await sink.close();
    stream.end();
    expect((await printed).split('\n')).toHaveLength(101);
    expect(failures).toMatchObject([{ code: 'ENOSPC' }]);
  });

  it('goes on with the file when a stream fails', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('gone')) });
    const sink = openLogSink<number>([
      { stream, render: String },
      { file: await openFile(), render: String, onFailure: never },
    ]);
    await sink.write(numbers);
    await sink.close();
    expect(readFileSync(join(folder, 'log'), 'utf8').split('\n')).toHaveLength(numbers.length + 1);
  });

  it('makes the writer wait for a slow reader, a thousand entries at a time', async () => {
    let release = () => {};
    const stream = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => {
        release = done;
      },
    });
    const sink = openLogSink<number>([{ stream, render: String }]);
    let written = 0;
    const writing = (async () => {
      for (let batch = 0; batch < 100; batch++) {
        await sink.write(numbers.slice(0, 1_000));
        written++;
      }
    })();
    await until(() => stream.writableLength > 0, 'the stream to be full');
    // Whatever can be written without the reader has been written once nothing is left to run.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(written).toBeLessThan(60);
    let isDone = false;
    writing
      .then(() => sink.close())
      .then(() => {
        isDone = true;
      });
    await until(() => {
      release();
      return isDone;
    }, 'the log to be written');
    expect(written).toBe(100);
  });
});
