import { setImmediate as nextTurn } from 'node:timers/promises';
import { toLogTime } from '../../src/network/log-entry.ts';
import { LiveRecording } from '../../src/recording/live-recording.ts';
import type { RecordedLogEntry } from '../../src/recording/recording-event.ts';
import { RecordingWriter } from '../../src/recording/recording-writer.ts';
import { parseTopology, type Topology } from '../../src/topology/index.ts';

export const START_MS = Date.parse('2026-01-31T12:00:00Z');
export const BATCH_ENTRIES = 200;

export interface GeneratedOptions {
  nodes: number;
  minutes: number;
  /** Seconds between two messages. */
  gossipIntervalS: number;
}

export function generatedTopology(nodes: number): Topology {
  return parseTopology(`nodes: { count: ${nodes} }\nlinks: { shape: regular, degree: 4, seed: 1 }`, {
    file: 'bench',
    name: 'bench-recording',
  });
}

export const addressOf = (index: number) => `10.64.${Math.floor(index / 250)}.${2 + (index % 250)}:3000`;

/** Returns numbers between 0 and 1, the same ones in every run. */
export const random = ((seed) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return seed / 2 ** 31;
})(7);

/**
 * Writes a recording: a message that all nodes receive every so many seconds, all round trips every minute, a partition every 5
 * minutes, and a node that ends every 2.
 * @returns seconds of processor time that it took
 */
export async function generateRecording(
  path: string,
  { nodes, minutes, gossipIntervalS }: GeneratedOptions,
): Promise<number> {
  const topology = generatedTopology(nodes);
  let nowMs = START_MS;
  const live = new LiveRecording(() => toLogTime(nowMs));
  const limits = { maxSegments: 1_000, maxPendingBytes: Number.POSITIVE_INFINITY };
  const writer = await RecordingWriter.open(path, live, { limits });
  const began = process.cpuUsage();
  live.write({
    type: 'recording',
    version: 1,
    devnet: '0.1.0',
    network: topology.name,
    run: 'bench',
    runtime: 'containers',
    hosts: ['bench'],
    started: toLogTime(nowMs),
    segment: 1,
  });
  live.write({ type: 'topology', topology });
  live.write({
    type: 'nodes',
    nodes: topology.nodes.map(({ name }, index) => ({ name, state: 'running', address: addressOf(index) })),
  });
  const allLinks = () =>
    topology.links.map((link) => ({ ...link, state: 'up' as const, rtt: Math.round(random() * 1_000) / 1_000 }));
  for (let second = 0; second < minutes * 60; second++) {
    nowMs = START_MS + second * 1_000;
    if (second % 60 === 0) live.write({ type: 'links', links: allLinks() });
    if (second % 300 === 100)
      live.write({ type: 'fault', name: `cut-${second}`, description: 'cut n1-n500 / n501-n1000' });
    if (second % 300 === 130) live.write({ type: 'heal', name: `cut-${second - 30}` });
    if (second % 60 === 30) {
      live.write({
        type: 'nodes',
        nodes: [{ name: 'n7', state: second % 120 === 30 ? 'exited' : 'running', address: addressOf(6) }],
      });
    }
    if (second % gossipIntervalS === 0) {
      for (let from = 0; from < nodes; from += BATCH_ENTRIES) {
        nowMs += 20;
        const batch = topology.nodes.slice(from, from + BATCH_ENTRIES).map(
          ({ name }, index): RecordedLogEntry => ({
            time: toLogTime(nowMs + (20 * index) / BATCH_ENTRIES + random() / 20),
            node: name,
            level: 'info',
            event: 'gossip_received',
            id: `message-${second}`,
            from: addressOf(Math.floor(random() * nodes)),
            hops: 1 + Math.floor(from / BATCH_ENTRIES) + (index % 2),
          }),
        );
        live.write({ type: 'log', entries: batch });
      }
    }
    if (second % 30 === 0) await nextTurn();
  }
  live.write({ type: 'end', reason: 'stopped' });
  await writer.close();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}
