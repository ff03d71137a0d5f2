import { createSocket } from 'node:dgram';
import type { LinkNode, LinkState } from '../state/link-state.ts';
import type { RunTool } from './run-tool.ts';
import type { Qdisc } from './tc.ts';

/** The discard port: what is sent there is to be answered by nobody. */
const DISCARD_PORT = 9;
/** How long (ms) an interface whose node was never heard may take to show whose it is, and how often to look. */
const PORT_DISCOVERY_TIMEOUT_MS = 1_000;
const PORT_POLL_INTERVAL_MS = 50;

/**
 * Finds the interface that leads to each of `receivers`. Where one has not been heard of and there are ports that nobody was heard on,
 * it is asked for its hardware address, and given a second to answer.
 * @returns the interface's name for each address; none for nodes that are away
 * @throws LinksError when the tools fail
 */
export async function findBridgePorts(
  run: RunTool,
  state: LinkState,
  receivers: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const nodes = state.nodes.filter(({ address }) => receivers.has(address));
  if (nodes.length === 0) return new Map();
  const end = performance.now() + PORT_DISCOVERY_TIMEOUT_MS;
  let asked = false;
  for (;;) {
    const { byAddress, silent } = await readForwardingTable(run, state, nodes);
    const missing = nodes.filter(({ address }) => !byAddress.has(address));
    if (missing.length === 0 || !silent || performance.now() > end) return byAddress;
    if (!asked) await triggerArp(missing);
    asked = true;
    await new Promise((resolve) => setTimeout(resolve, PORT_POLL_INTERVAL_MS));
  }
}

/** All queues of the bridge's ports. */
export async function listQdiscs(run: RunTool, bridge: string): Promise<Qdisc[]> {
  const names = await listPortNames(run, bridge);
  if (names.size === 0) return [];
  return (JSON.parse(await run('tc', ['-j', 'qdisc', 'show'])) as Qdisc[]).filter(({ dev }) => names.has(dev));
}

/** What `bridge -j fdb` lists: `permanent` are the hardware addresses of the ports themselves. */
interface ForwardingEntry {
  mac: string;
  ifname: string;
  state: string;
}

async function readForwardingTable(
  run: RunTool,
  { bridge }: LinkState,
  nodes: readonly LinkNode[],
): Promise<{ byAddress: Map<string, string>; silent: boolean }> {
  const names = await listPortNames(run, bridge);
  const entries = JSON.parse(await run('bridge', ['-j', 'fdb', 'show', 'br', bridge])) as ForwardingEntry[];
  const heard = entries.filter(({ state, ifname }) => state !== 'permanent' && names.has(ifname));
  const byMac = new Map(heard.map(({ mac, ifname }) => [mac, ifname]));
  const byAddress = new Map<string, string>();
  for (const { address, mac } of nodes) {
    const name = byMac.get(mac);
    if (name !== undefined) byAddress.set(address, name);
  }
  const loud = new Set(heard.map(({ ifname }) => ifname));
  return { byAddress, silent: [...names].some((name) => !loud.has(name)) };
}

async function listPortNames(run: RunTool, bridge: string): Promise<Set<string>> {
  const ports = JSON.parse((await run('ip', ['-j', 'link', 'show', 'type', 'veth'])) || '[]') as {
    ifname: string;
    master?: string;
  }[];
  return new Set(ports.filter(({ master }) => master === bridge).map(({ ifname }) => ifname));
}

/** Sends nodes something, so that they are asked for their hardware addresses and answer. */
async function triggerArp(nodes: readonly LinkNode[]): Promise<void> {
  const socket = createSocket('udp4');
  // An address that cannot be reached is one of a node that is away: its interface does not matter.
  await Promise.all(
    nodes.map(({ address }) => new Promise((resolve) => socket.send('', DISCARD_PORT, address, resolve))),
  );
  socket.close();
}
