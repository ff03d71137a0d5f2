import { createSocket } from 'node:dgram';
import type { Queue } from './shaping.ts';
import type { LinkNode, LinkState } from './state.ts';
import type { Run } from './tools.ts';

/** The discard port: what is sent there is to be answered by nobody. */
const DISCARD = 9;
/** How long (ms) an interface whose node was never heard may take to show whose it is, and how often to look. */
const PATIENCE = 1_000;
const LOOK = 50;

/**
 * Finds the interface that leads to each of `receivers`. Where one has not been heard of and there are ports that nobody was heard on,
 * it is asked for its hardware address, and given a second to answer.
 * @returns the interface's name for each address; none for nodes that are away
 * @throws LinksError when the tools fail
 */
export async function findPorts(
  run: Run,
  state: LinkState,
  receivers: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const nodes = state.nodes.filter(({ address }) => receivers.has(address));
  if (nodes.length === 0) return new Map();
  const end = performance.now() + PATIENCE;
  let asked = false;
  for (;;) {
    const { byAddress, silent } = await readPorts(run, state, nodes);
    const missing = nodes.filter(({ address }) => !byAddress.has(address));
    if (missing.length === 0 || !silent || performance.now() > end) return byAddress;
    if (!asked) await call(missing);
    asked = true;
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
}

/** All queues of the bridge's ports. */
export async function readQueues(run: Run, bridge: string): Promise<Queue[]> {
  const names = await readNames(run, bridge);
  if (names.size === 0) return [];
  return (JSON.parse(await run('tc', ['-j', 'qdisc', 'show'])) as Queue[]).filter(({ dev }) => names.has(dev));
}

/** What `bridge -j fdb` lists: `permanent` are the hardware addresses of the ports themselves. */
interface Heard {
  mac: string;
  ifname: string;
  state: string;
}

async function readPorts(
  run: Run,
  { bridge }: LinkState,
  nodes: readonly LinkNode[],
): Promise<{ byAddress: Map<string, string>; silent: boolean }> {
  const names = await readNames(run, bridge);
  const entries = JSON.parse(await run('bridge', ['-j', 'fdb', 'show', 'br', bridge])) as Heard[];
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

async function readNames(run: Run, bridge: string): Promise<Set<string>> {
  const ports = JSON.parse((await run('ip', ['-j', 'link', 'show', 'type', 'veth'])) || '[]') as {
    ifname: string;
    master?: string;
  }[];
  return new Set(ports.filter(({ master }) => master === bridge).map(({ ifname }) => ifname));
}

/** Sends nodes something, so that they are asked for their hardware addresses and answer. */
async function call(nodes: readonly LinkNode[]): Promise<void> {
  const socket = createSocket('udp4');
  // An address that cannot be reached is one of a node that is away: its interface does not matter.
  await Promise.all(nodes.map(({ address }) => new Promise((resolve) => socket.send('', DISCARD, address, resolve))));
  socket.close();
}
