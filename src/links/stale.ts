import { bridgeIn, devnetOf, removalOf } from './rules.ts';
import type { Run } from './tools.ts';

/**
 * Removes the tables of devnets whose bridge is gone: left by a program that was killed, they would cut the next network that has
 * the same addresses.
 * @returns the devnets
 * @throws LinksError when the tools fail
 */
export async function removeStale(run: Run): Promise<string[]> {
  const { nftables } = JSON.parse(await run('nft', ['-j', 'list', 'chains', 'bridge'])) as {
    nftables: { chain?: { table: string; name: string } }[];
  };
  const links = JSON.parse((await run('ip', ['-j', 'link', 'show', 'type', 'bridge'])) || '[]') as { ifname: string }[];
  const bridges = new Set(links.map(({ ifname }) => ifname));
  const stale = nftables.flatMap(({ chain }) => {
    const devnet = chain && devnetOf(chain.table);
    const bridge = chain && bridgeIn(chain.name);
    return devnet === undefined || bridge === undefined || bridges.has(bridge) ? [] : devnet;
  });
  if (stale.length > 0) await run('nft', ['-f', '-'], stale.map(removalOf).join(''));
  return stale;
}
