import { bridgeOfChain, networkOfTable, removalScript } from './nftables.ts';
import type { RunTool } from './run-tool.ts';

/**
 * Removes the tables of devnets whose bridge is gone: left by a program that was killed, they would cut the next network that has
 * the same addresses.
 * @returns the devnets
 * @throws LinksError when the tools fail
 */
export async function removeStaleTables(run: RunTool): Promise<string[]> {
  const { nftables } = JSON.parse(await run('nft', ['-j', 'list', 'chains', 'bridge'])) as {
    nftables: { chain?: { table: string; name: string } }[];
  };
  const links = JSON.parse((await run('ip', ['-j', 'link', 'show', 'type', 'bridge'])) || '[]') as { ifname: string }[];
  const bridges = new Set(links.map(({ ifname }) => ifname));
  const stale = nftables.flatMap(({ chain }) => {
    const devnet = chain && networkOfTable(chain.table);
    const bridge = chain && bridgeOfChain(chain.name);
    return devnet === undefined || bridge === undefined || bridges.has(bridge) ? [] : devnet;
  });
  if (stale.length > 0) await run('nft', ['-f', '-'], stale.map(removalScript).join(''));
  return stale;
}
