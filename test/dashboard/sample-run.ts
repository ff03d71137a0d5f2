import type {
  RecordedLink,
  RecordedLogEntry,
  RecordedNode,
  RecordingEvent,
} from '../../src/recording/recording-event.ts';
import { hopsFrom, parseTopologyObject, type Topology } from '../../src/topology/index.ts';

const START_MS = Date.parse('2026-01-31T12:00:00Z');
const HOP_MS = 1.7;

export const timeOf = (ms: number): string => {
  const at = START_MS + ms;
  const micros = String(Math.round((at % 1) * 1_000)).padStart(3, '0');
  return `${new Date(Math.floor(at)).toISOString().slice(0, -1)}${micros.slice(0, 3)}Z`;
};

export interface SampleOptions {
  /** As in a topology file. */
  file: Record<string, unknown>;
  /** Gossip messages over the whole time. @default 12 */
  messages?: number;
  /** More entries of the log. */
  entries?: RecordedLogEntry[];
}

/** Returns a run of 80 seconds: a scenario with a partition, a slow link, a killed and a paused node, and one missed expectation. */
export function sampleRun({ file, messages = 12, entries = [] }: SampleOptions): RecordingEvent[] {
  const topology = parseTopologyObject(file, { name: String(file.name ?? 'sample') });
  const names = topology.nodes.map(({ name }) => name);
  const events: RecordingEvent[] = [
    {
      ...{ type: 'recording', time: timeOf(0), version: 1, devnet: '0.1.0', network: topology.name, run: 'f00d' },
      ...{ runtime: 'namespaces', hosts: ['laptop'], started: timeOf(0), segment: 1 },
    },
    { type: 'topology', time: timeOf(0), topology },
    {
      ...{ type: 'nodes', time: timeOf(1) },
      nodes: names.map((name, index): RecordedNode => ({ name, state: 'running', address: addressOf(index) })),
    },
    {
      ...{ type: 'links', time: timeOf(200) },
      links: topology.links.map(
        (link, index): RecordedLink => ({ ...link, state: 'up', rtt: 0.3 + ((index * 7) % 23) / 20 }),
      ),
    },
    { type: 'conditions', time: timeOf(201), conditions: topology.conditions },
    { type: 'scenario_started', time: timeOf(300), title: 'partition.yaml', durationMs: 80_000 },
    log(
      400,
      topology.links.map(({ from, to }, index) => entry(210 + index / 10, from, 'link_up', { peer: to, mode: 'link' })),
    ),
  ];
  if (entries.length > 0) events.push(log(500, entries));
  const half = Math.floor(names.length / 2);
  const left = new Set(names.slice(0, half));
  const cutLinks = topology.links.filter(({ from, to }) => left.has(from) !== left.has(to));
  events.push(
    ...partition(topology, cutLinks, 20_000, 42_000),
    ...killed(topology, names[1] ?? names[0]!, 50_000, 61_000),
    ...paused(names.at(-1)!, 64_000, 72_000),
    ...slowed(topology, 30_000, 47_000),
    verdict(12_500, true, 'gossip from the first node reaches all'),
    verdict(45_000, false, 'gossip from the first node reaches all within 2s', `received by ${half} nodes`),
    { type: 'scenario_ended', time: timeOf(78_000), passed: false },
    { type: 'end', time: timeOf(80_000), reason: 'removed' },
  );
  for (let index = 0; index < messages; index++) {
    const atMs = 3_000 + (index * 75_000) / messages;
    const from = names[(index * 5) % names.length]!;
    const isCut = atMs > 20_000 && atMs < 42_000;
    const links = isCut ? topology.links.filter((link) => !cutLinks.includes(link)) : topology.links;
    events.push(gossip(topology, links, `news-${index + 1}`, from, atMs));
  }
  return events.sort((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time)));
}

const addressOf = (index: number) => `10.64.${index >> 8}.${(index & 255) + 2}:3000`;

function entry(atMs: number, node: string, event: string, fields: object, level: RecordedLogEntry['level'] = 'info') {
  return { time: timeOf(atMs), node, level, event, ...fields };
}

function log(atMs: number, entries: RecordedLogEntry[]): RecordingEvent {
  return { type: 'log', time: timeOf(atMs), entries };
}

function verdict(atMs: number, met: boolean, description: string, seen = 'as expected'): RecordingEvent {
  return { type: 'verdict', time: timeOf(atMs), met, description, since: timeOf(atMs - 2_000), seen };
}

function gossip(topology: Topology, links: Topology['links'], id: string, from: string, atMs: number): RecordingEvent {
  const nodes = topology.nodes.map(({ name }) => name);
  const hops = hopsFrom({ nodes, links }, from);
  const dialers = new Map<string, string[]>();
  for (const link of links) dialers.set(link.to, [...(dialers.get(link.to) ?? []), link.from]);
  const receipts = nodes.flatMap((node, index) => {
    const hop = hops.get(node);
    if (hop === undefined || !Number.isFinite(hop)) return [];
    const sender = dialers.get(node)?.find((one) => hops.get(one) === hop - 1);
    const at = atMs + hop * HOP_MS + ((index * 37) % 100) / 120;
    return [entry(at, node, 'gossip_received', { id, from: sender ?? '10.64.0.1', hops: hop })];
  });
  receipts.sort((a, b) => (a.time < b.time ? -1 : 1));
  return log(atMs + 50, receipts);
}

function partition(topology: Topology, cut: Topology['links'], fromMs: number, toMs: number): RecordingEvent[] {
  const name = 'partition-3fa2';
  const declared = (from: string, to: string) =>
    topology.conditions.find((one) => one.from === from && one.to === to) ?? { from, to };
  const state = (link: Topology['links'][number], isCut: boolean): RecordedLink =>
    isCut ? { ...link, state: 'broken', cut: name } : { ...link, state: 'up', rtt: 0.9 };
  const directions = cut.flatMap(({ from, to }) => [
    [from, to],
    [to, from],
  ]) as [string, string][];
  return [
    { type: 'fault', time: timeOf(fromMs), name, description: 'cut the first half / the others', by: 'ada@laptop' },
    {
      ...{ type: 'conditions', time: timeOf(fromMs + 5) },
      conditions: directions.map(([from, to]) => ({ ...declared(from, to), cut: name })),
    },
    { type: 'links', time: timeOf(fromMs + 900), links: cut.map((link) => state(link, true)) },
    log(
      fromMs + 950,
      cut.map(({ from, to }) =>
        entry(fromMs + 900, from, 'link_down', { peer: to, reason: 'no answer for 1 s' }, 'warn'),
      ),
    ),
    { type: 'heal', time: timeOf(toMs), name },
    {
      ...{ type: 'conditions', time: timeOf(toMs + 5) },
      conditions: directions.map(([from, to]) => declared(from, to)),
    },
    { type: 'links', time: timeOf(toMs + 300), links: cut.map((link) => state(link, false)) },
  ];
}

function killed(topology: Topology, node: string, fromMs: number, toMs: number): RecordingEvent[] {
  const name = 'kill-77e1';
  const own = topology.links.filter(({ from, to }) => from === node || to === node);
  const address = addressOf(topology.nodes.findIndex((one) => one.name === node));
  return [
    {
      ...{ type: 'fault', time: timeOf(fromMs), name, description: `kill ${node}` },
      faults: [{ kind: 'kill', node }],
    },
    {
      ...{ type: 'nodes', time: timeOf(fromMs + 20) },
      nodes: [{ name: node, state: 'exited', address, exitCode: 137 }],
    },
    { type: 'links', time: timeOf(fromMs + 30), links: own.map((link) => ({ ...link, state: 'dead' })) },
    log(fromMs + 40, [entry(fromMs + 30, '.devnet', 'node_ended', { of: node, exit_code: 137 }, 'error')]),
    { type: 'heal', time: timeOf(toMs), name },
    { type: 'nodes', time: timeOf(toMs + 20), nodes: [{ name: node, state: 'running', address }] },
    { type: 'links', time: timeOf(toMs + 400), links: own.map((link) => ({ ...link, state: 'up', rtt: 0.8 })) },
  ];
}

function paused(node: string, fromMs: number, toMs: number): RecordingEvent[] {
  const name = 'pause-0b1c';
  return [
    {
      ...{ type: 'fault', time: timeOf(fromMs), name, description: `pause ${node}` },
      faults: [{ kind: 'pause', node }],
    },
    { type: 'nodes', time: timeOf(fromMs + 10), nodes: [{ name: node, state: 'paused', address: '' }] },
    { type: 'heal', time: timeOf(toMs), name },
    { type: 'nodes', time: timeOf(toMs + 10), nodes: [{ name: node, state: 'running', address: '' }] },
  ];
}

function slowed(topology: Topology, fromMs: number, toMs: number): RecordingEvent[] {
  const [link] = topology.links;
  if (!link) return [];
  const { from, to } = link;
  const name = 'link-55aa';
  const quality = { delay: 120, jitter: 20, loss: 0.05 };
  const declared = topology.conditions.find((one) => one.from === from && one.to === to) ?? { from, to };
  return [
    {
      ...{ type: 'fault', time: timeOf(fromMs), name, description: `link ${from} <-> ${to}: delay 120ms, loss 5%` },
      faults: [{ kind: 'link', from, to, quality }],
    },
    { type: 'conditions', time: timeOf(fromMs + 5), conditions: [{ from, to, ...quality }] },
    { type: 'heal', time: timeOf(toMs), name },
    { type: 'conditions', time: timeOf(toMs + 5), conditions: [declared] },
  ];
}
