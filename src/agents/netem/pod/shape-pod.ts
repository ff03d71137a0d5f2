import { lookup } from 'node:dns/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { RunTool } from '../kernel/run-tool.ts';
import { type LogFunction, NetemError } from '../shared/reporting.ts';
import { type HostAddress, type PodLink, podLinkBatch, podUnlinkBatch } from './pod-batch.ts';

/** Time between two looks at where hosts are: a pod that is replaced gets another address. */
const LOOK_INTERVAL_MS = 1_000;

/**
 * Applies link conditions in the network namespace that this process shares with one node, as in a pod of Kubernetes: to what
 * the node sends to each host, wherever that is by now. Ends with the process.
 * @param text links, JSON: `[{ "host": "n2-0.nodes", "delay": 20 }]`
 * @throws NetemError for a kernel without sch_netem, where a condition needs it
 */
export async function shapePod(text: string, run: RunTool, log: LogFunction): Promise<never> {
  const links = JSON.parse(text) as PodLink[];
  const hosts = new Map<number, HostAddress>();
  const managed = new Set<string>();
  for (;;) {
    for (const [index, link] of links.entries()) {
      const address = await findAddress(link.host);
      const before = hosts.get(index);
      if (address === undefined || address === before?.address) continue;
      const at: HostAddress = { address, dev: await findInterface(run, address) };
      const batch = podLinkBatch(index, link, at, managed.has(at.dev));
      await run('tc', ['-batch', '-'], `${before ? podUnlinkBatch(index, before) : ''}${batch}`);
      managed.add(at.dev);
      hosts.set(index, at);
      const { host, ...conditions } = link;
      log('info', 'link_conditions', { to: host, address, ...conditions });
    }
    await wait(LOOK_INTERVAL_MS);
  }
}

/** Returns undefined for a host that has no address yet. */
async function findAddress(host: string): Promise<string | undefined> {
  try {
    return (await lookup(host)).address;
  } catch {
    return undefined;
  }
}

async function findInterface(run: RunTool, address: string): Promise<string> {
  const [route] = JSON.parse(await run('ip', ['-json', 'route', 'get', address])) as { dev: string }[];
  if (route === undefined) throw new NetemError(`no route leads to ${address}`);
  return route.dev;
}
