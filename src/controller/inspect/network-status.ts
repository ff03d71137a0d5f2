import pLimit from 'p-limit';
import { inspectContainer } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { readContainerMemory } from '../../engine/resource-usage.ts';
import { findDrift, type NodeReport } from '../../network/drift.ts';
import { linkStatuses, type NetworkStatus, type NodeStatus } from '../../network/network-status.ts';
import { missingCapabilities } from '../../network/peer-control/node-capabilities.ts';
import { queryAllNodes } from '../lifecycle/current-state.ts';
import { checkRemovePeerSupport } from '../peers/node-capabilities.ts';
import type { NetworkState, ObservedNode } from '../state/network-state.ts';

/** Questions to the engine in flight. It measures memory once a second, for all who have asked by then: so all ask at once. */
const MAX_PARALLEL_REQUESTS = 256;

/** Asks the engine and every node how things stand, and compares the graph with the declared one. */
export async function status(engine: Engine, devnet: NetworkState): Promise<NetworkStatus> {
  const limit = pLimit(MAX_PARALLEL_REQUESTS);
  const declared = devnet.topology?.nodes ?? [];
  const observed = new Map(devnet.nodes.map((node) => [node.name, node]));
  const [nodes, answers, removes] = await Promise.all([
    Promise.all(
      declared.map(({ name, memory }) => {
        const node = observed.get(name);
        return node
          ? limit(() => readNodeStatus(engine, node, memory))
          : { name, state: 'missing' as const, address: '' };
      }),
    ),
    queryAllNodes(engine, devnet),
    checkRemovePeerSupport(engine, devnet),
  ]);
  const missing = declared.filter(({ name }) => !observed.has(name));
  const reports = [...answers, ...missing.map(({ name }): NodeReport => ({ node: name, source: 'down', peers: [] }))];
  const ways = new Map(reports.map(({ node, source: by }) => [node, by]));
  const addresses = new Map(devnet.nodes.map((node) => [node.name, `${node.address}:${node.port}`]));
  const links = devnet.topology?.links ?? [];
  const drift = findDrift(links, addresses, reports);
  return {
    name: devnet.name,
    subnet: devnet.network?.subnet ?? '',
    internal: devnet.network?.internal ?? true,
    created: devnet.created,
    nodes: nodes.map((node) => {
      const lacks = missingCapabilities(ways.get(node.name) ?? 'down', removes.get(node.name));
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
