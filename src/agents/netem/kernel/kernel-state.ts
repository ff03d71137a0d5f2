import { NetemError } from '../shared/reporting.ts';
import type { LinkState } from '../state/link-state.ts';
import { changeQdiscs } from './bridge-ports.ts';
import { ADDRESS_ADDED_CHAIN, bridgeOfChain, closingScript, networkOfTable, removalScript } from './nftables.ts';
import type { RunTool } from './run-tool.ts';
import { buildRemovalBatch, type Qdisc } from './tc.ts';

/**
 * Removes everything of a network from the kernel.
 * @param bridge @default the one that its tables name
 * @param closed state of a network that stays closed, where its bridge has an address of the engine's
 * @returns whether it had any rules
 * @throws NetemError when a tool fails
 */
export async function removeKernelState(
  run: RunTool,
  devnet: string,
  bridge?: string,
  closed?: LinkState,
): Promise<boolean> {
  const tables = (await listOwnTables(run)).filter((table) => table.devnet === devnet);
  const existing = await listBridges(run);
  // Before the rules, which alone keep nodes from the address.
  for (const table of tables) {
    if (table.addressAdded && table.bridge !== undefined && existing.has(table.bridge))
      await run('ip', ['-4', 'address', 'flush', 'dev', table.bridge]);
  }
  const closing = closed && closed.closed?.prefix === undefined ? closingScript(closed) : '';
  await run('nft', ['-f', '-'], `${removalScript(devnet)}${closing}`);
  const bridges = new Set([...tables.map((table) => table.bridge), bridge]);
  const removeQueues = (queues: readonly Qdisc[]) => runTcBatch(run, buildRemovalBatch(queues));
  for (const one of bridges) if (one !== undefined) await changeQdiscs(run, one, removeQueues);
  return tables.length > 0;
}

/**
 * Removes the tables of networks whose bridge is gone: left by an agent that was killed, they would cut the next network
 * with the same addresses.
 *
 * @returns the names of these networks
 * @throws NetemError when a tool fails
 */
export async function removeStaleTables(run: RunTool): Promise<string[]> {
  const bridges = await listBridges(run);
  const tables = await listOwnTables(run);
  const stale = tables.flatMap(({ devnet, bridge }) => (bridge === undefined || bridges.has(bridge) ? [] : devnet));
  const names = [...new Set(stale)];
  if (names.length > 0) await run('nft', ['-f', '-'], names.map(removalScript).join(''));
  return names;
}

/**
 * Gives a closed network's bridge its address, behind rules: the proxy connects from it.
 * @throws NetemError when another interface has the address, or a tool fails
 */
export async function addClosedAddress(run: RunTool, state: LinkState): Promise<void> {
  const { bridge, gateway, closed } = state;
  if (closed?.prefix === undefined) return;
  const interfaces = JSON.parse((await run('ip', ['-j', '-4', 'address', 'show', 'to', gateway])) || '[]') as {
    ifname?: string;
  }[];
  const other = interfaces.find(({ ifname }) => ifname !== undefined && ifname !== bridge);
  if (other !== undefined) {
    throw new NetemError(`the proxy needs ${gateway} on ${bridge}, but ${other.ifname} has that address`, {
      hint: 'another network on the same machine has the same subnet: choose one with `subnet:` in the topology',
    });
  }
  await run('nft', ['-f', '-'], closingScript(state));
  await run('ip', ['address', 'replace', `${gateway}/${closed.prefix}`, 'dev', bridge]);
}

async function listBridges(run: RunTool): Promise<Set<string>> {
  const links = JSON.parse((await run('ip', ['-j', 'link', 'show', 'type', 'bridge'])) || '[]') as { ifname: string }[];
  return new Set(links.map(({ ifname }) => ifname));
}

/** A table of ours, of any network. */
interface OwnTable {
  family: string;
  name: string;
  devnet: string;
  bridge: string | undefined;
  addressAdded: boolean;
}

async function listOwnTables(run: RunTool): Promise<OwnTable[]> {
  const { nftables } = JSON.parse(await run('nft', ['-j', 'list', 'chains'])) as {
    nftables: { chain?: { family: string; table: string; name: string } }[];
  };
  const tables = new Map<string, OwnTable>();
  for (const { chain } of nftables) {
    const devnet = chain && networkOfTable(chain.table);
    if (chain === undefined || devnet === undefined) continue;
    const { family, table: name } = chain;
    const key = `${family} ${name}`;
    const table = tables.get(key) ?? { family, name, devnet, bridge: undefined, addressAdded: false };
    table.bridge ??= bridgeOfChain(chain.name);
    table.addressAdded ||= chain.name === ADDRESS_ADDED_CHAIN;
    tables.set(key, table);
  }
  return [...tables.values()];
}

/** Returns the tables of a network in nft's own JSON. @throws NetemError when a tool fails */
export async function listTables(run: RunTool, devnet: string): Promise<unknown[]> {
  const tables = (await listOwnTables(run)).filter((table) => table.devnet === devnet);
  return await Promise.all(
    tables.map(async ({ family, name }) => {
      const listed = await run('nft', ['-j', 'list', 'table', family, name]);
      return (JSON.parse(listed) as { nftables: unknown[] }).nftables;
    }),
  );
}

/** Runs the lines of a tc batch, if there are any. @throws NetemError when one fails */
export async function runTcBatch(run: RunTool, batch: string): Promise<void> {
  if (batch !== '') await run('tc', ['-batch', '-'], batch);
}

/** Has a bridge pass packets, or none. @throws NetemError when there is no such bridge */
export async function setBridge(run: RunTool, bridge: string, state: 'up' | 'down'): Promise<void> {
  await run('ip', ['link', 'set', 'dev', bridge, state]);
}

/**
 * Returns the hardware address of a bridge, which stays from then on: one that nobody has set changes with the ports.
 * @throws NetemError when there is no such bridge
 */
export async function fixBridgeMac(run: RunTool, bridge: string): Promise<string> {
  const mac = await readBridgeMac(run, bridge);
  await run('ip', ['link', 'set', 'dev', bridge, 'address', mac]);
  return mac;
}

/** Returns the hardware address of a bridge. @throws NetemError when there is no such bridge */
export async function readBridgeMac(run: RunTool, bridge: string): Promise<string> {
  const [found] = JSON.parse(await run('ip', ['-j', 'link', 'show', 'dev', bridge])) as { address: string }[];
  if (found === undefined) throw new NetemError(`there is no bridge ${bridge}`);
  return found.address;
}
