import { observeAll } from '../../../controller/state/network-state.ts';
import { connectEngine } from '../../../engine/engine.ts';
import { formatDuration, formatTable } from '../../output/format.ts';

export async function run(options: { nodes?: true; json?: true }): Promise<void> {
  const networks = await observeAll(await connectEngine());
  if (options.nodes) {
    const names = new Set(networks.flatMap(({ nodes }) => nodes.map(({ name }) => name)));
    for (const name of names) process.stdout.write(`${name}\n`);
    return;
  }
  const rows = networks.map(({ name, topology, network, nodes, created, run }) => ({
    name,
    run,
    nodes: topology?.nodes.length ?? nodes.length,
    running: nodes.filter(({ state }) => state === 'running').length,
    links: topology?.links.length ?? 0,
    subnet: network?.subnet ?? null,
    created,
  }));
  if (options.json) {
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  if (rows.length === 0) {
    process.stdout.write('no network is running\n');
    return;
  }
  const lines = rows.map(({ name, running, nodes, links, subnet, created }) => [
    name,
    `${running} of ${nodes} running`,
    String(links),
    subnet ?? 'none',
    formatDuration(Date.now() / 1000 - created),
  ]);
  process.stdout.write(`${formatTable([['NAME', 'NODES', 'LINKS', 'SUBNET', 'UP FOR'], ...lines])}\n`);
}
