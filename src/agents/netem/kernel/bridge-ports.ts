import { createSocket } from 'node:dgram';
import type { LinkNode, LinkState } from '../state/link-state.ts';
import type { RunTool } from './run-tool.ts';
import type { Qdisc } from './tc.ts';

/** The discard port: nothing answers what is sent there. */
const DISCARD_PORT = 9;
/** Longest wait for a port to show which node is behind it. */
const PORT_DISCOVERY_TIMEOUT_MS = 1_000;
const PORT_POLL_INTERVAL_MS = 50;

/**
 * Finds the interface that leads to each of `receivers`. Where one is missing, it triggers ARP, and waits for a second while there
 * are ports whose node is unknown.
 *
 * @returns the name of the interface for each address; none for nodes that are not running
 * @throws NetemError when a tool fails
 */
export async function findBridgePorts(
  run: RunTool,
  state: LinkState,
  receivers: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const nodes = state.nodes.filter(({ address }) => receivers.has(address));
  if (nodes.length === 0) return new Map();
  const deadline = performance.now() + PORT_DISCOVERY_TIMEOUT_MS;
  for (let attempt = 0; ; attempt++) {
    const { ports, hasUnknownPorts } = await readForwardingTable(run, state, nodes);
    const missing = nodes.filter(({ address }) => !ports.has(address));
    const isSettled = attempt > 0 && !hasUnknownPorts;
    if (missing.length === 0 || isSettled || performance.now() > deadline) return ports;
    if (attempt === 0) await triggerArp(missing);
    await new Promise((resolve) => setTimeout(resolve, PORT_POLL_INTERVAL_MS));
  }
}

/** Returns all queues of the bridge's ports. @throws NetemError when a tool fails */
export async function listQdiscs(run: RunTool, bridge: string): Promise<Qdisc[]> {
  const [names, queues] = await Promise.all([listPortNames(run, bridge), run('tc', ['-j', 'qdisc', 'show'])]);
  return (JSON.parse(queues || '[]') as Qdisc[]).filter(({ dev }) => names.has(dev));
}

/**
 * Has `change` change the queues of a bridge's ports, and again whenever one of the ports is lost meanwhile, as when its node ends:
 * commands for its queues fail.
 * @param change is given the queues
 * @throws NetemError when a tool fails
 */
export async function changeQdiscs<T>(
  run: RunTool,
  bridge: string,
  change: (queues: readonly Qdisc[]) => Promise<T>,
): Promise<T> {
  for (;;) {
    const queues = await listQdiscs(run, bridge);
    try {
      return await change(queues);
    } catch (error) {
      const left = await listPortNames(run, bridge);
      if (queues.every(({ dev }) => left.has(dev))) throw error;
    }
  }
}

/** An entry of `ip -j neigh`. One whose node does not answer has no hardware address. */
interface Neighbour {
  dst: string;
  lladdr?: string;
}

/** An entry of `bridge -j fdb`. The addresses of the ports themselves are `permanent`. */
interface ForwardingEntry {
  mac: string;
  ifname: string;
  state: string;
}

async function readForwardingTable(
  run: RunTool,
  { bridge }: LinkState,
  nodes: readonly LinkNode[],
): Promise<{ ports: Map<string, string>; hasUnknownPorts: boolean }> {
  const [names, table] = await Promise.all([
    listPortNames(run, bridge),
    run('bridge', ['-j', 'fdb', 'show', 'br', bridge]),
  ]);
  const entries = JSON.parse(table) as ForwardingEntry[];
  const learned = entries.filter(({ state, ifname }) => state !== 'permanent' && names.has(ifname));
  const portByMac = new Map(learned.map(({ mac, ifname }) => [mac, ifname]));
  const ports = new Map<string, string>();
  const setPort = (address: string, mac: string | undefined) => {
    const name = mac === undefined ? undefined : portByMac.get(mac);
    if (name !== undefined) ports.set(address, name);
  };
  for (const { address, mac } of nodes) setPort(address, mac);
  // Docker 28 gives a container that is connected anew a hardware address of its own choice.
  const missing = new Set(nodes.flatMap(({ address }) => (ports.has(address) ? [] : [address])));
  if (missing.size > 0) {
    const neighbours = JSON.parse((await run('ip', ['-j', 'neigh', 'show', 'dev', bridge])) || '[]') as Neighbour[];
    for (const { dst, lladdr } of neighbours) if (missing.has(dst)) setPort(dst, lladdr);
  }
  const knownPorts = new Set(learned.map(({ ifname }) => ifname));
  return { ports, hasUnknownPorts: [...names].some((name) => !knownPorts.has(name)) };
}

async function listPortNames(run: RunTool, bridge: string): Promise<Set<string>> {
  const ports = JSON.parse((await run('ip', ['-j', 'link', 'show', 'type', 'veth'])) || '[]') as {
    ifname: string;
    master?: string;
  }[];
  return new Set(ports.filter(({ master }) => master === bridge).map(({ ifname }) => ifname));
}

/** Sends a datagram to each node, so that the kernel asks for their hardware addresses and they answer. */
async function triggerArp(nodes: readonly LinkNode[]): Promise<void> {
  const socket = createSocket('udp4');
  // An unreachable address is that of a node that is not running: its port does not matter.
  await Promise.all(
    nodes.map(({ address }) => new Promise((resolve) => socket.send('', DISCARD_PORT, address, resolve))),
  );
  socket.close();
}
