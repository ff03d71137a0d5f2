import { describe, expect, it } from 'vitest';
import type { MetricsSnapshot } from '../../src/metrics/read-snapshot.ts';
import { GossipHistograms, renderMetrics } from '../../src/metrics/render-metrics.ts';

const none = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0 };
const snapshot: MetricsSnapshot = {
  status: {
    name: 'ring',
    subnet: '10.64.0.0/24',
    internal: true,
    created: 0,
    clockOffsetMs: 0,
    faults: [{ name: 'cut-1', description: 'n1 -> n2 cut' }],
    nodes: [
      { name: 'n1', state: 'running', address: '10.64.0.2:3000' },
      { name: 'n2', state: 'exited', address: '10.64.0.3:3000' },
    ],
    links: [
      { from: 'n1', to: 'n2', state: 'dead', rtt: 1.5 },
      { from: 'n1', to: '10.9.9.9:1', state: 'extra' },
    ],
    drift: {
      missing: [],
      broken: [],
      extra: [{ from: 'n1', to: '10.9.9.9:1' }],
      unknown: [],
      listed: [],
      down: ['n2'],
    },
  },
  nodes: [
    {
      node: 'n1',
      types: [{ type: 'gossip', ...none, messagesIn: 3, bytesIn: 300 }],
      links: [{ to: 'n2', ...none, messagesOut: 2, bytesOut: 50, queuedBytes: 7 }],
      bufferedBytes: 9,
      uptimeSeconds: 5,
      counters: new Map([
        ['gossip_received', 4],
        ['made_up', 1],
      ]),
    },
  ],
  usage: new Map([['n1', { time: 0, cpu: 2_500_000_000, memory: 1_000, received: 1, sent: 2 }]]),
  nodeTexts: new Map([['n1', 'own 1\n']]),
  endpointFailures: new Map([['n2', 'refused']]),
};

describe('metrics as text', () => {
  it('have everything in a snapshot', async () => {
    const gossip = new GossipHistograms();
    gossip.add([{ id: 'a', node: 'n2', hops: 2, seconds: 0.003 }]);
    const lines = (await renderMetrics(snapshot, gossip)).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'devnet_nodes{state="running",network="ring"} 1',
        'devnet_nodes{state="exited",network="ring"} 1',
        'devnet_node_up{node="n2",network="ring"} 0',
        'devnet_node_uptime_seconds{node="n1",network="ring"} 5',
        'devnet_node_endpoint_failed{node="n2",network="ring"} 1',
        'devnet_links{state="dead",network="ring"} 1',
        'devnet_link_up{from="n1",to="n2",network="ring"} 0',
        'devnet_link_round_trip_seconds{from="n1",to="n2",network="ring"} 0.0015',
        'devnet_drift_links{kind="extra",network="ring"} 1',
        'devnet_drift_nodes_down{network="ring"} 1',
        'devnet_faults{network="ring"} 1',
        'devnet_fault_in_force{fault="cut-1",network="ring"} 1',
        'devnet_node_messages_total{node="n1",type="gossip",direction="in",network="ring"} 3',
        'devnet_node_bytes_total{node="n1",type="gossip",direction="in",network="ring"} 300',
        'devnet_link_bytes_total{from="n1",to="n2",direction="out",network="ring"} 50',
        'devnet_link_queue_bytes{from="n1",to="n2",network="ring"} 7',
        'devnet_node_buffered_bytes{node="n1",network="ring"} 9',
        'devnet_node_gossip_received_total{node="n1",network="ring"} 4',
        'devnet_node_cpu_seconds_total{node="n1",network="ring"} 2.5',
        'devnet_node_network_bytes_total{node="n1",direction="out",network="ring"} 2',
        'devnet_gossip_latency_seconds_bucket{le="0.0025",network="ring"} 0',
        'devnet_gossip_latency_seconds_bucket{le="0.005",network="ring"} 1',
        'devnet_gossip_hops_sum{network="ring"} 2',
        'own{node="n1"} 1',
      ]),
    );
    expect(
      lines.filter((line) => line.includes('made_up') || line.startsWith('devnet_link_up{from="n1",to="10')),
    ).toEqual([]);
  });

  it('are OpenMetrics with exemplars where that is wanted', async () => {
    const gossip = new GossipHistograms();
    gossip.add([{ id: 'a', node: 'n2', hops: 2, seconds: 0.003 }]);
    const text = await renderMetrics(snapshot, gossip, 'openmetrics');
    expect(text).toMatch(/le="0.005".* 1 # \{message="a",node="n2"\} 0.003 /);
    expect(text).toContain('# TYPE devnet_node_gossip_received counter\ndevnet_node_gossip_received_total{');
    expect(text.match(/# EOF/g)).toHaveLength(1);
    expect(text.trimEnd()).toMatch(/# EOF$/);
  });
});
