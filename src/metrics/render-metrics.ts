import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { mergeNodeTexts } from './exposition.ts';
import type { GossipDelivery } from './gossip-latencies.ts';
import type { TrafficMetrics } from './node-metrics.ts';
import type { MetricsSnapshot } from './read-snapshot.ts';

const NODE_STATES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead', 'missing'] as const;
const LINK_STATES = ['up', 'listed', 'broken', 'missing', 'extra', 'unknown', 'dead'] as const;
const DRIFT_KINDS = ['missing', 'broken', 'extra', 'unknown'] as const;
/** Seconds. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const HOPS_BUCKETS = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 32];

/** Counters of a node's `status` that are metrics, and what they count. */
const NODE_COUNTERS: ReadonlyMap<string, string> = new Map([
  ['gossip_received', 'Different gossip messages received'],
  ['gossip_duplicate', 'Copies of gossip that had been received before'],
  ['gossip_forwarded', 'Copies of gossip sent'],
  ['gossip_announced', 'Announcements of gossip sent'],
  ['gossip_asked', 'Requests for announced gossip'],
  ['gossip_late', 'Requests for gossip that were not answered in time'],
  ['errors_out', 'Errors sent'],
  ['dropped', 'Messages to peers that were not sent'],
  ['dials', 'Dials of peers'],
  ['inbound_accepted', 'Connections of others accepted'],
  ['inbound_refused', 'Connections of others refused'],
]);

/** The gossip that was delivered since the start, as histograms. */
export class GossipHistograms {
  readonly registry = createOpenMetricsRegistry();
  readonly #latency = new Histogram({
    name: 'devnet_gossip_latency_seconds',
    help: 'Time from the first node that received a message to another one',
    buckets: LATENCY_BUCKETS,
    enableExemplars: true,
    registers: [this.registry],
  });
  readonly #hops = new Histogram({
    name: 'devnet_gossip_hops',
    help: 'Links that a message had travelled to a node',
    buckets: HOPS_BUCKETS,
    registers: [this.registry],
  });

  add(deliveries: readonly GossipDelivery[]): void {
    for (const { id, node, hops, seconds } of deliveries) {
      this.#latency.observe({ value: seconds, labels: {}, exemplarLabels: { message: id.slice(0, 64), node } });
      this.#hops.observe(hops);
    }
  }
}

/** prom-client takes exemplars only where the format can have them. */
function createOpenMetricsRegistry(): Registry {
  const registry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  return registry;
}

/** Content types that metrics are rendered in. */
export type MetricsFormat = 'prometheus' | 'openmetrics';

/** Returns the content type of a format. */
export const contentTypeOf = (format: MetricsFormat): string =>
  format === 'openmetrics' ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE;

/** Renders a snapshot, the gossip so far, and in Prometheus' format also what nodes say at endpoints of their own. */
export async function renderMetrics(
  snapshot: MetricsSnapshot,
  gossip: GossipHistograms,
  format: MetricsFormat = 'prometheus',
): Promise<string> {
  const registry = new Registry();
  const network = { network: snapshot.status.name };
  const metrics = new SnapshotMetrics(registry, format);
  metrics.setNodes(snapshot);
  metrics.setLinks(snapshot);
  metrics.setFaults(snapshot);
  metrics.setTraffic(snapshot);
  metrics.setUsage(snapshot);
  gossip.registry.setContentType(contentTypeOf(format) as never);
  registry.setContentType(contentTypeOf(format) as never);
  registry.setDefaultLabels(network);
  gossip.registry.setDefaultLabels(network);
  const [own, histograms] = await Promise.all([registry.metrics(), gossip.registry.metrics()]);
  if (format === 'openmetrics') return own.replace(/# EOF\n?$/, '') + histograms;
  return [own, histograms, mergeNodeTexts(snapshot.nodeTexts)]
    .map((text) => (text === '' ? '' : `${text.trimEnd()}\n`))
    .join('');
}

/** Metrics of one snapshot. */
class SnapshotMetrics {
  readonly #registers: Registry[];
  readonly #format: MetricsFormat;

  constructor(registry: Registry, format: MetricsFormat) {
    this.#registers = [registry];
    this.#format = format;
  }

  setNodes({ status: { nodes }, endpointFailures }: MetricsSnapshot): void {
    const states = this.#gauge('devnet_nodes', 'Nodes by state', ['state']);
    for (const state of NODE_STATES) states.set({ state }, nodes.filter((node) => node.state === state).length);
    const up = this.#gauge('devnet_node_up', 'Whether a node runs', ['node']);
    for (const { name, state } of nodes) up.set({ node: name }, state === 'running' ? 1 : 0);
    const failures = this.#gauge('devnet_node_endpoint_failed', "A node's own metrics that could not be read", [
      'node',
    ]);
    for (const node of endpointFailures.keys()) failures.set({ node }, 1);
  }

  setLinks({ status: { links, drift } }: MetricsSnapshot): void {
    const states = this.#gauge('devnet_links', 'Links by state', ['state']);
    for (const state of LINK_STATES) states.set({ state }, links.filter((link) => link.state === state).length);
    const up = this.#gauge('devnet_link_up', 'Whether a declared link is connected, as the dialing node says', [
      'from',
      'to',
    ]);
    const rtt = this.#gauge('devnet_link_round_trip_seconds', 'Last round trip of a link', ['from', 'to']);
    for (const { from, to, state, rtt: ms } of links) {
      if (state !== 'extra') up.set({ from, to }, state === 'up' ? 1 : 0);
      if (ms !== undefined) rtt.set({ from, to }, ms / 1_000);
    }
    const drifts = this.#gauge('devnet_drift_links', 'Links that differ from the declared graph', ['kind']);
    for (const kind of DRIFT_KINDS) drifts.set({ kind }, drift[kind].length);
    this.#gauge('devnet_drift_nodes_down', 'Nodes that do not run or cannot be reached', []).set(drift.down.length);
  }

  setFaults({ status: { faults } }: MetricsSnapshot): void {
    this.#gauge('devnet_faults', 'Faults in force on links', []).set(faults.length);
    const each = this.#gauge('devnet_fault_in_force', 'A fault in force on links', ['fault']);
    for (const { name } of faults) each.set({ fault: name }, 1);
  }

  setTraffic({ nodes }: MetricsSnapshot): void {
    const byType = this.#trafficCounters('devnet_node', 'of a type that a node received or sent', ['node', 'type']);
    const byLink = this.#trafficCounters('devnet_link', 'that passed on a link, as the dialing node counts', [
      'from',
      'to',
    ]);
    const queue = this.#gauge('devnet_link_queue_bytes', 'Bytes that wait to be sent to a peer', ['from', 'to']);
    const uptime = this.#gauge('devnet_node_uptime_seconds', 'Time since a node listens', ['node']);
    const buffered = this.#gauge('devnet_node_buffered_bytes', 'Bytes that a node buffers for all connections', [
      'node',
    ]);
    const counters = new Map(
      [...NODE_COUNTERS].map(([name, help]) => [name, this.#counter(`devnet_node_${name}_total`, help, ['node'])]),
    );
    for (const { node, types, links, bufferedBytes, uptimeSeconds, counters: counts } of nodes) {
      for (const { type, ...traffic } of types) byType({ node, type }, traffic);
      for (const { to, queuedBytes, ...traffic } of links) {
        byLink({ from: node, to }, traffic);
        if (queuedBytes !== undefined) queue.set({ from: node, to }, queuedBytes);
      }
      if (bufferedBytes !== undefined) buffered.set({ node }, bufferedBytes);
      if (uptimeSeconds !== undefined) uptime.set({ node }, uptimeSeconds);
      for (const [name, count] of counts) counters.get(name)?.inc({ node }, count);
    }
  }

  setUsage({ usage }: MetricsSnapshot): void {
    const memory = this.#gauge('devnet_node_memory_bytes', 'Memory in use', ['node']);
    const limit = this.#gauge('devnet_node_memory_limit_bytes', 'Memory allowed', ['node']);
    const cpu = this.#counter('devnet_node_cpu_seconds_total', 'Processor time', ['node']);
    const network = this.#counter('devnet_node_network_bytes_total', 'Bytes over the network', ['node', 'direction']);
    for (const [node, { memory: bytes, memoryLimit, cpu: nanoseconds, received, sent }] of usage) {
      memory.set({ node }, bytes);
      if (memoryLimit !== undefined) limit.set({ node }, memoryLimit);
      cpu.inc({ node }, nanoseconds / 1e9);
      network.inc({ node, direction: 'in' }, received);
      network.inc({ node, direction: 'out' }, sent);
    }
  }

  #trafficCounters<Label extends string>(prefix: string, which: string, labels: readonly Label[]) {
    const all = [...labels, 'direction'] as const;
    const messages = this.#counter(`${prefix}_messages_total`, `Messages ${which}`, all);
    const bytes = this.#counter(`${prefix}_bytes_total`, `Bytes of messages ${which}`, all);
    return (of: Record<Label, string>, traffic: Omit<TrafficMetrics<never>, never>) => {
      const { messagesIn, messagesOut, bytesIn, bytesOut } = traffic;
      for (const [direction, count, size] of [
        ['in', messagesIn, bytesIn],
        ['out', messagesOut, bytesOut],
      ] as const) {
        messages.inc({ ...of, direction } as never, count);
        bytes.inc({ ...of, direction } as never, size);
      }
    };
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: this.#registers });
  }

  /** @param fullName ends with `_total`, which prom-client itself adds in OpenMetrics */
  #counter<Label extends string>(fullName: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    const name = this.#format === 'openmetrics' ? fullName.replace(/_total$/, '') : fullName;
    return new Counter({ name, help, labelNames: [...labelNames], registers: this.#registers });
  }
}
