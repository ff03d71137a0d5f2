/**
 * The recording of a network that is generated: how long a seek takes in an hour of it, and how much processor time recording the
 * log takes beside what tailing it takes, as `up` does: to a terminal and to a file. Then the same for the whole `up`, on namespaces.
 *
 *   npm run bench:recording -- [nodes] [minutes] [log entries of the cost]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTerminalFormatter } from '../src/cli/output/log-format.ts';
import { formatAsJson, type LogEntry, parseLogLine, toLogTime } from '../src/network/log-entry.ts';
import type { RunningNetwork } from '../src/network/running-network.ts';
import { NetworkRecorder } from '../src/recording/network-recorder.ts';
import { RecordingReader } from '../src/recording/recording-reader.ts';
import { DEFAULT_RECORDING_LIMITS, RecordingWriter } from '../src/recording/recording-writer.ts';
import { openLogSink } from '../src/shared/files/log-sink.ts';
import { RotatingFile } from '../src/shared/files/rotating-file.ts';
import {
  addressOf,
  BATCH_ENTRIES,
  generatedTopology,
  generateRecording,
  random,
  START_MS,
} from './support/generated-recording.ts';

const [nodes = 1_000, minutes = 60, entries = 500_000] = process.argv.slice(2).map(Number);
const SEEKS = 100;
const ROUNDS = 5;
/** Time without a line after which there are no more. */
const QUIET_MS = 4_000;
const cli = resolve('dist/cli.js');

const topology = generatedTopology(nodes);
const folder = mkdtempSync(join(tmpdir(), 'devnet-bench-recording-'));
const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
async function benchSeek(): Promise<void> {
  const path = mkdtempSync(join(folder, 'hour-'));
  const cpuSeconds = await generateRecording(path, { nodes, minutes, gossipIntervalS: 10 });
  const files = readdirSync(path);
  const bytes = files.reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
  console.log(
    `${nodes} nodes, ${topology.links.length} links, ${minutes} minutes: ${(bytes / 2 ** 20).toFixed(1)} MiB in ${files.length / 2} segments, ${cpuSeconds.toFixed(1)} s of processor time to write`,
  );
  const openedAt = performance.now();
  const reader = await RecordingReader.open(path);
  const openMs = performance.now() - openedAt;
  const timelineAt = performance.now();
  const { length } = await reader.timeline();
  const timelineMs = performance.now() - timelineAt;
  const times: number[] = [];
  for (let i = 0; i < SEEKS; i++) {
    const time = toLogTime(START_MS + random() * minutes * 60_000);
    const began = performance.now();
    const snapshot = await reader.seek(time);
    times.push(performance.now() - began);
    if (snapshot.nodes.length !== nodes) throw new Error(`a seek to ${time} found ${snapshot.nodes.length} nodes`);
  }
  console.log(
    `open ${openMs.toFixed(0)} ms, timeline of ${length} events ${timelineMs.toFixed(0)} ms, seek median ${median(times).toFixed(0)} ms, longest ${Math.max(...times).toFixed(0)} ms of ${SEEKS}`,
  );
}

/** A network of which only the log is read. */
const network = {
  name: topology.name,
  runtime: 'containers',
  topology,
  addresses: new Map(
    topology.nodes.map(({ name }, index) => [name, { host: addressOf(index).split(':')[0], port: 3_000 }]),
  ),
  capabilities: new Set(),
  clockOffset: async () => ({ offsetMs: 0, uncertaintyMs: 0 }),
  summary: async () => ({ run: 'bench', nodes: [] }),
  status: () => new Promise(() => {}),
} as unknown as RunningNetwork;

/** Reads lines as they come from an engine, prints them and writes them to the log file, and records them or not. */
async function tail(lines: readonly string[], records: boolean): Promise<number> {
  const path = mkdtempSync(join(folder, 'cost-'));
  const recorder = await NetworkRecorder.prepare(network);
  const writer = records
    ? await RecordingWriter.open(path, recorder.live, { limits: DEFAULT_RECORDING_LIMITS })
    : undefined;
  if (records) await recorder.start();
  const file = await RotatingFile.open(join(path, 'log.jsonl'), { maxBytes: 64 * 2 ** 20, maxFiles: 4 });
  const named = [...network.addresses].map(([name, { host, port }]) => ({ name, address: host, port }));
  const stream = createWriteStream('/dev/null');
  const sink = openLogSink<LogEntry>([
    { stream, render: createTerminalFormatter(named) },
    {
      file,
      render: records ? (entry) => recorder.formatEntry(entry) : formatAsJson,
      onFailure: (cause) => {
        throw cause;
      },
    },
  ]);
  const began = process.cpuUsage();
  for (let from = 0; from < lines.length; from += BATCH_ENTRIES) {
    const batch = lines.slice(from, from + BATCH_ENTRIES).map((text, index) =>
      parseLogLine(`n${1 + ((from + index) % nodes)}`, {
        text,
        stream: 'stdout',
        time: '2026-01-31T12:00:00.000000000Z',
      }),
    );
    if (records) recorder.addEntries(batch);
    await sink.write(batch);
  }
  await sink.close();
  await writer?.close();
  const { user, system } = process.cpuUsage(began);
  stream.destroy();
  rmSync(path, { recursive: true });
  return (user + system) / 1e6;
}

async function benchCost(): Promise<void> {
  const lines = Array.from({ length: entries }, (_, index) =>
    JSON.stringify({
      time: toLogTime(START_MS + index),
      level: 'info',
      event: 'gossip_received',
      id: `message-${index % 100}`,
      from: addressOf(index % nodes),
      hops: 3,
    }),
  );
  const plain: number[] = [];
  const recorded: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    plain.push(await tail(lines, false));
    recorded.push(await tail(lines, true));
  }
  console.log(
    `${entries} log entries: tailing ${median(plain).toFixed(2)} s of processor time, with recording ${median(recorded).toFixed(2)} s: ${(median(recorded) / median(plain)).toFixed(2)} x`,
  );
}

/** Prints lines as a gossiping node does, no faster than their log is read. */
const talker = (lines: number) => `
  const { writeSync } = require('fs');
  const write = (text) => { for (let b = Buffer.from(text), at = 0; at < b.length; ) try { at += writeSync(1, b, at); } catch (e) { if (e.code !== 'EAGAIN') throw e; } };
  let i = 0;
  const burst = () => {
    let chunk = '';
    for (let n = 0; i < ${lines} && n < 50; n++, i++)
      chunk += JSON.stringify({ time: new Date().toISOString(), level: 'info', event: 'gossip_received', id: 'message-' + i, from: '10.64.0.2:3000', hops: 3 }) + '\\n';
    write(chunk);
    if (i < ${lines}) setTimeout(burst, 5);
  };
  require('net').createServer((s) => {
    s.on('error', () => {});
    s.on('data', () => s.end('{"message_type":"peers","payload":[]}\\n\\n'));
  }).listen(3000);
  setTimeout(burst, 2000);`;

/** Runs `up` on namespaces until it prints no more. @returns its processor time for a line, from the first one on, microseconds */
async function upCpuMicroseconds(file: string, options: string[]): Promise<number> {
  const args = [cli, 'up', file, '--engine', 'namespaces', '--name', 'bench-recording', ...options];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'], cwd: folder });
  const pid = child.pid as number;
  const progress = { lines: 0, startCpuSeconds: Number.NaN, at: Number.POSITIVE_INFINITY };
  child.stdout.on('data', (chunk: Buffer) => {
    if (progress.lines === 0) progress.startCpuSeconds = cpuSecondsOf(pid);
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) progress.lines++;
    progress.at = performance.now();
  });
  while (child.exitCode === null && !(performance.now() - progress.at > QUIET_MS)) await sleep(100);
  const cpuSeconds = cpuSecondsOf(pid) - progress.startCpuSeconds;
  const closed = once(child, 'close');
  child.kill('SIGINT');
  await closed;
  return (cpuSeconds * 1e6) / progress.lines;
}

function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') as string[];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The same for the whole command, whose log comes from another process. */
async function benchCommand(): Promise<void> {
  const file = join(folder, 'talkers.yaml');
  const command = ['node', '-e', talker(Math.floor(entries / 4))];
  writeFileSync(file, JSON.stringify({ nodes: { count: 4, command }, links: [] }));
  const plain: number[] = [];
  const recorded: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    plain.push(await upCpuMicroseconds(file, ['--no-record']));
    recorded.push(await upCpuMicroseconds(file, []));
  }
  console.log(
    `${entries} log entries through up: ${median(plain).toFixed(2)} us of its processor time for each, with recording ${median(recorded).toFixed(2)} us: ${(median(recorded) / median(plain)).toFixed(2)} x`,
  );
}

try {
  await benchSeek();
  await benchCost();
  if (process.platform === 'linux') await benchCommand();
} finally {
  rmSync(folder, { recursive: true });
}
process.exit(0);
