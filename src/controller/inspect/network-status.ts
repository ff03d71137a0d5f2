import pLimit from 'p-limit';
import { inspectContainer } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { readContainerMemory } from '../../engine/resource-usage.ts';
import { findDrift } from '../../network/drift.ts';
import { linkStatuses, type NetworkStatus, type NodeStatus } from '../../network/network-status.ts';
import { downReport, queryNodes } from '../../network/node-reports.ts';
import { withNodes } from '../peers/dialer.ts';
import type { NetworkState, ObservedNode } from '../state/network-state.ts';

/** Questions to the engine in flight. It measures memory once a second, for all who have asked by then: so all ask at once. */
const MAX_PARALLEL_REQUESTS = 256;

/** Asks the engine and every node how things stand, and compares the graph with the declared one. */
export async function status(engine: Engine, devnet: NetworkState): Promise<NetworkStatus> {
  const limit = pLimit(MAX_PARALLEL_REQUESTS);
  const declared = devnet.topology?.nodes ?? [];
  const observed = new Map(devnet.nodes.map((node) => [node.name, node]));
  const [nodes, answers] = await Promise.all([
    Promise.all(
      declared.map(({ name, memory }) => {
        const node = observed.get(name);
        return node
          ? limit(() => readNodeStatus(engine, node, memory))
          : { name, state: 'missing' as const, address: '' };
      }),
    ),
    withNodes(engine, devnet, async (network) =>
      queryNodes(network, await network.nodes(), async (control) => {
        const report = await control.list({ measureRoundTrips: true });
        return { report, lacks: report.source === 'down' ? undefined : await control.missingCapabilities() };
      }),
    ),
  ]);
  const answersByNode = new Map(devnet.nodes.map(({ name }, index) => [name, answers[index]]));
  const names = new Set([...observed.keys(), ...declared.map(({ name }) => name)]);
  const reports = [...names].map((name) => answersByNode.get(name)?.report ?? downReport(name));
  const addresses = new Map(devnet.nodes.map((node) => [node.name, `${node.address}:${node.port}`]));
  const links = devnet.topology?.links ?? [];
  const drift = findDrift(links, addresses, reports);
  return {
    name: devnet.name,
    subnet: devnet.network?.subnet ?? '',
    internal: devnet.network?.internal ?? true,
    created: devnet.created,
    nodes: nodes.map((node) => {
      const lacks = answersByNode.get(node.name)?.lacks;
      return lacks ? { ...node, lacks } : node;
    }),
    links: linkStatuses(links, addresses, reports, drift),
    drift,
  };
}

async function readNodeStatus(engine: Engine, node: ObservedNode, memoryLimit: number): Promise<NodeStatus> {
  const running = node.state === 'running';
  const [detail, memory] = await Promise.all([
    inspectContainer(engine, node.containerId),
    running ? readContainerMemory(engine, node.containerId) : undefined,
  ]);
  return {
    name: node.name,
    state: detail?.state ?? 'missing',
    address: `${node.address}:${node.port}`,
    ...(detail && running ? { uptime: (Date.now() - Date.parse(detail.startedAt)) / 1000 } : {}),
    ...(detail?.state === 'exited' || detail?.state === 'dead' ? { exitCode: detail.exitCode } : {}),
    ...(memory === undefined ? {} : { memory }),
    memoryLimit,
  };
}
