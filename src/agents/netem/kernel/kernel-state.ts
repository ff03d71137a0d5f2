import { NetemError } from '../shared/reporting.ts';
import { listQdiscs } from './bridge-ports.ts';
import { bridgeOfChain, networkOfTable, removalScript, tableName } from './nftables.ts';
import type { RunTool } from './run-tool.ts';
import { buildRemovalBatch } from './tc.ts';

/**
 * Removes everything of a network from the kernel.
 * @param bridge @default the one that its tables name
 * @throws NetemError when a tool fails
 */
export async function removeKernelState(run: RunTool, devnet: string, bridge?: string): Promise<void> {
  const named = (await listTableBridges(run)).flatMap((table) => (table.devnet === devnet ? table.bridge : []));
  await run('nft', ['-f', '-'], removalScript(devnet));
  for (const one of new Set([...named, ...(bridge === undefined ? [] : [bridge])])) {
    await runTcBatch(run, buildRemovalBatch(await listQdiscs(run, one)));
  }
}

/**
 * Removes the tables of networks whose bridge is gone: left by an agent that was killed, they would cut the next network
 * with the same addresses.
 *
 * @returns the names of these networks
 * @throws NetemError when a tool fails
 */
export async function removeStaleTables(run: RunTool): Promise<string[]> {
  const tables = await listTableBridges(run);
  const links = JSON.parse((await run('ip', ['-j', 'link', 'show', 'type', 'bridge'])) || '[]') as { ifname: string }[];
  const bridges = new Set(links.map(({ ifname }) => ifname));
  const stale = tables.flatMap(({ devnet, bridge }) => (bridges.has(bridge) ? [] : devnet));
  if (stale.length > 0) await run('nft', ['-f', '-'], stale.map(removalScript).join(''));
  return stale;
}

/** Returns the network and the bridge of every table of ours, of any network. */
async function listTableBridges(run: RunTool): Promise<{ devnet: string; bridge: string }[]> {
  const { nftables } = JSON.parse(await run('nft', ['-j', 'list', 'chains', 'bridge'])) as {
    nftables: { chain?: { table: string; name: string } }[];
  };
  return nftables.flatMap(({ chain }) => {
    const devnet = chain && networkOfTable(chain.table);
    const bridge = chain && bridgeOfChain(chain.name);
    return devnet === undefined || bridge === undefined ? [] : { devnet, bridge };
  });
}

/** Returns the tables of a network in nft's own JSON. @throws NetemError when a tool fails */
export async function listTables(run: RunTool, devnet: string): Promise<unknown[]> {
  const { nftables } = JSON.parse(await run('nft', ['-j', 'list', 'tables'])) as {
    nftables: { table?: { family: string; name: string } }[];
  };
  const families = nftables.flatMap(({ table }) => (table?.name === tableName(devnet) ? table.family : []));
  return await Promise.all(
    families.map(async (family) => {
      const listed = await run('nft', ['-j', 'list', 'table', family, tableName(devnet)]);
      return (JSON.parse(listed) as { nftables: unknown[] }).nftables;
    }),
  );
}

/** Runs the lines of a tc batch, if there are any. @throws NetemError when one fails */
export async function runTcBatch(run: RunTool, batch: string): Promise<void> {
  if (batch !== '') await run('tc', ['-batch', '-'], batch);
}

/** Returns the hardware address of a bridge. @throws NetemError when there is no such bridge */
export async function readBridgeMac(run: RunTool, bridge: string): Promise<string> {
  const [found] = JSON.parse(await run('ip', ['-j', 'link', 'show', 'dev', bridge])) as { address: string }[];
  if (found === undefined) throw new NetemError(`there is no bridge ${bridge}`);
  return found.address;
}
