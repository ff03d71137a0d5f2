import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { applyEvent, EMPTY_SNAPSHOT } from '../../src/recording/apply-event.ts';
import { LiveRecording, type NewEvent } from '../../src/recording/live-recording.ts';
import type { RecordingEvent } from '../../src/recording/recording-event.ts';
import { createRecordingFolder, findRecording } from '../../src/recording/recording-folder.ts';
import { type ReadEventsOptions, RecordingReader } from '../../src/recording/recording-reader.ts';
import { type RecordingLimits, RecordingWriter } from '../../src/recording/recording-writer.ts';
import { arbitraryEvent, createClock, RECORDING } from './arbitrary-events.ts';

const root = mkdtempSync(join(tmpdir(), 'devnet-recording-'));
afterAll(() => rmSync(root, { recursive: true }));
const newFolder = () => mkdtempSync(join(root, 'r-'));

/** So small that all that happens in hours happens in a test. */
const TINY: Partial<RecordingLimits> = { segmentBytes: 3_000, snapshotIntervalMs: 2, maxSegments: 1_000 };
const STEP: NewEvent = { type: 'step', description: 'something' };

/** Writes events, the first of a recording before them. @returns all of them as they were stamped */
async function record(folder: string, events: readonly NewEvent[], limits = TINY, clock = createClock([])) {
  const live = new LiveRecording(clock);
  const written: RecordingEvent[] = [];
  live.subscribe((event) => written.push(event));
  const writer = await RecordingWriter.open(folder, live, { limits });
  for (const event of [RECORDING, ...events]) live.write(event);
  await writer.close();
  return written;
}

async function readAll(path: string, options: ReadEventsOptions = {}): Promise<RecordingEvent[]> {
  const reader = await RecordingReader.open(path);
  const events: RecordingEvent[] = [];
  for await (const batch of reader.events(options)) events.push(...batch);
  return events;
}

/** Leaves out what a writer adds. */
const ofNetwork = (events: readonly RecordingEvent[]) =>
  events.filter((event, index) => event.type !== 'snapshot' && (event.type !== 'recording' || index === 0));

const segmentsOf = (folder: string) => readdirSync(folder).filter((name) => /^\d+\.jsonl$/.test(name));

const history = fc.record({
  events: fc.array(arbitraryEvent, { maxLength: 40 }),
  steps: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 }),
});

describe('a recording that was written', () => {
  it('is read as it was, whole or without its indexes, and from any moment on', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.nat(), async ({ events, steps }, pick) => {
        const folder = newFolder();
        const written = await record(folder, events, TINY, createClock(steps));
        expect(ofNetwork(await readAll(folder))).toEqual(JSON.parse(JSON.stringify(written)));
        const { time } = written[pick % written.length] as RecordingEvent;
        const later = JSON.parse(JSON.stringify(written.filter((event) => event.time > time)));
        expect(
          (await readAll(folder, { after: time })).filter(({ type }) => type !== 'snapshot' && type !== 'recording'),
        ).toEqual(later);
        expect(ofNetwork(await readAll(folder, { until: time }))).toHaveLength(written.length - later.length);
        for (const name of readdirSync(folder)) if (name.includes('index')) rmSync(join(folder, name));
        expect(ofNetwork(await readAll(folder))).toHaveLength(written.length);
      }),
      { numRuns: 40 },
    );
  });

  it('has the state at any moment that replaying it from the start gives', async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ events, steps }) => {
        const folder = newFolder();
        const written = await record(folder, events, TINY, createClock(steps));
        const reader = await RecordingReader.open(folder);
        let state = EMPTY_SNAPSHOT;
        for (const [index, event] of written.entries()) {
          state = applyEvent(state, JSON.parse(JSON.stringify(event)));
          if (written[index + 1]?.time !== event.time) expect(await reader.seek(event.time)).toEqual(state);
        }
        expect(await reader.seek('2026-01-31T11:59:59Z')).toEqual(EMPTY_SNAPSHOT);
      }),
      { numRuns: 40 },
    );
  });

  it('is read up to where it was cut off, at any byte', async () => {
    const folder = newFolder();
    const written = await record(folder, Array(20).fill(STEP));
    const last = join(folder, segmentsOf(folder).at(-1) as string);
    const bytes = readFileSync(last);
    const before = ofNetwork(await readAll(folder));
    expect(before).toEqual(written);
    for (let size = bytes.length - 1; size > 0; size -= 7) {
      truncateSync(last, size);
      const events = ofNetwork(await readAll(folder));
      expect(events).toEqual(written.slice(0, events.length));
      const reader = await RecordingReader.open(folder);
      expect(await reader.seek(reader.endTime)).toEqual(events.reduce(applyEvent, EMPTY_SNAPSHOT));
    }
  });

  it('is read around a line that is damaged', async () => {
    const folder = newFolder();
    const written = await record(folder, [STEP, STEP], { segmentBytes: 1e6, snapshotIntervalMs: 1e6 });
    const path = join(folder, segmentsOf(folder)[0] as string);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"something"', '"someth'));
    expect((await readAll(path)).filter(({ type }) => type !== 'snapshot')).toEqual([written[0], written[2]]);
  });

  it('is one file as well as several', async () => {
    const folder = newFolder();
    const written = await record(folder, Array(40).fill(STEP));
    expect(segmentsOf(folder).length).toBeGreaterThan(2);
    const path = join(newFolder(), 'one.jsonl');
    writeFileSync(
      path,
      segmentsOf(folder)
        .map((name) => readFileSync(join(folder, name), 'utf8'))
        .join(''),
    );
    expect(ofNetwork(await readAll(path)).filter(({ type }) => type === 'step')).toEqual(written.slice(1));
    const { time } = written[20] as RecordingEvent;
    expect(await (await RecordingReader.open(path)).seek(time)).toEqual(
      await (await RecordingReader.open(folder)).seek(time),
    );
  });

  it('has the last log entries before a moment, and the events of a timeline', async () => {
    const folder = newFolder();
    const log = (text: string): NewEvent => ({
      type: 'log',
      entries: [1, 2].map((n) => ({ time: 't', node: 'n1', level: 'info', event: 'output', text: `${text}${n}` })),
    });
    const events = [...'abcdefghij'].flatMap((name) => [log(name), STEP, log(name.toUpperCase())]);
    const written = await record(folder, events);
    const reader = await RecordingReader.open(folder);
    const texts = async (time: string, count: number) =>
      (await reader.entriesUntil(time, count)).map(({ text }) => text);
    expect(await texts((written[15] as RecordingEvent).time, 3)).toEqual(['e2', 'E1', 'E2']);
    expect(await texts(reader.endTime, 3)).toEqual(['j2', 'J1', 'J2']);
    expect(await texts(reader.endTime, 1_000)).toHaveLength(40);
    expect(await texts((written[1] as RecordingEvent).time, 5)).toEqual(['a1', 'a2']);
    expect(await reader.timeline()).toEqual(written.filter(({ type }) => type === 'step'));
  });

  it('can be followed while it is written, over the end of segments, until it ends', async () => {
    const folder = newFolder();
    const live = new LiveRecording(createClock([]));
    const writer = await RecordingWriter.open(folder, live, { limits: TINY });
    live.write(RECORDING);
    const reading = readAll(folder, { follow: true });
    for (let i = 0; i < 60; i++) {
      live.write({ type: 'step', description: `step ${i}` });
      if (i % 20 === 0) await vi.waitFor(() => expect(statSync(join(folder, '000001.jsonl')).size).toBeGreaterThan(0));
    }
    live.write({ type: 'end', reason: 'stopped' });
    await writer.close();
    const events = ofNetwork(await reading);
    expect(segmentsOf(folder).length).toBeGreaterThan(2);
    expect(events.map((event) => (event.type === 'step' ? event.description : event.type))).toEqual([
      'recording',
      ...Array.from({ length: 60 }, (_, i) => `step ${i}`),
      'end',
    ]);
  });
});

describe('a recording that is full', () => {
  it('loses its oldest segments, and says so', async () => {
    const folder = newFolder();
    const written = await record(folder, Array(200).fill(STEP), { ...TINY, maxSegments: 3 });
    expect(segmentsOf(folder)).toHaveLength(3);
    expect(readdirSync(folder)).toHaveLength(6);
    const events = await readAll(folder);
    const header = events.findLast(({ type }) => type === 'recording');
    expect(header).toMatchObject({
      type: 'recording',
      dropped: { segments: Number(segmentsOf(folder)[0]?.slice(0, 6)) - 1 },
    });
    expect((header as { dropped: { until: string } }).dropped.until).toBe(events[0]?.time);
    const { time } = written.at(-5) as RecordingEvent;
    const state = written.slice(0, -4).reduce(applyEvent, EMPTY_SNAPSHOT);
    expect(await (await RecordingReader.open(folder)).seek(time)).toEqual(state);
  });

  it('is not written further, which is said once, where it cannot be', async () => {
    const folder = newFolder();
    const live = new LiveRecording(createClock([]));
    const onFailure = vi.fn();
    const writer = await RecordingWriter.open(folder, live, { limits: TINY, onFailure });
    rmSync(folder, { recursive: true });
    live.write(RECORDING);
    for (let i = 0; i < 100; i++) live.write(STEP);
    await vi.waitFor(() => expect(onFailure).toHaveBeenCalledOnce());
    live.write(STEP);
    await writer.close();
    expect(onFailure).toHaveBeenCalledOnce();
    expect(existsSync(folder)).toBe(false);
  });

  it('leaves out what the disk does not take in time, and says so', async () => {
    const folder = newFolder();
    const live = new LiveRecording(createClock([]));
    const writer = await RecordingWriter.open(folder, live, { limits: { ...TINY, maxPendingBytes: 2_000 } });
    live.write(RECORDING);
    for (let i = 0; i < 100; i++) live.write(STEP);
    await vi.waitFor(() => expect(statSync(join(folder, '000001.jsonl')).size).toBeGreaterThan(0));
    await writer.close();
    const events = await readAll(folder);
    expect(events.length).toBeLessThan(100);
    expect(events.at(-2)).toMatchObject({ type: 'gap', reason: 'the disk was too slow' });
    expect(events.at(-1)).toMatchObject({ type: 'snapshot' });
    const reader = await RecordingReader.open(folder);
    expect(await reader.seek(reader.endTime)).toEqual(live.snapshot);
  });
});

describe('the files of a recording', () => {
  it('can be read by their owner only', async () => {
    const folder = await createRecordingFolder(newFolder());
    await record(folder, [STEP]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it('are found in the folder of the network: the newest recording', async () => {
    const parent = newFolder();
    await expect(findRecording(parent)).rejects.toMatchObject({ code: 'file_unreadable' });
    const first = await createRecordingFolder(parent, new Date(0));
    await record(first, [STEP]);
    const second = await createRecordingFolder(parent, new Date(0));
    expect(await findRecording(parent)).toBe(first);
    await record(second, [STEP]);
    expect(await findRecording(parent)).toBe(second);
    expect(await findRecording(first)).toBe(first);
    expect(await findRecording(join(first, '000001.jsonl'))).toBe(join(first, '000001.jsonl'));
  });

  it('of old runs are removed, unless they may still be written', async () => {
    const parent = newFolder();
    for (let day = 0; day < 6; day++)
      await record(await createRecordingFolder(parent, new Date(day * 86_400_000)), [STEP]);
    expect(readdirSync(join(parent, 'recordings'))).toHaveLength(6);
    await createRecordingFolder(parent, new Date(Date.now() + 86_400_000));
    expect(readdirSync(join(parent, 'recordings'))).toHaveLength(4);
  });
});
