import { formatDuration, formatTable } from '../../output/format.ts';
import { listNetworks } from '../list-networks.ts';

export async function run(options: { nodes?: true; json?: true }): Promise<void> {
  const networks = await listNetworks();
  if (options.nodes) {
    const names = new Set(networks.flatMap(({ nodes }) => nodes.map(({ name }) => name)));
    for (const name of names) process.stdout.write(`${name}\n`);
    return;
  }
  const rows = networks.map(({ name, runtime, declared, subnet, nodes, created, run }) => ({
    name,
    runtime,
    run,
    nodes: declared?.nodes ?? nodes.length,
    running: nodes.filter(({ state }) => state === 'running').length,
    links: declared?.links ?? 0,
    subnet: subnet ?? null,
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
  const lines = rows.map(({ name, runtime, running, nodes, links, subnet, created }) => [
    name,
    `${running} of ${nodes} running`,
    String(links),
    subnet ?? 'none',
    runtime,
    formatDuration(Date.now() / 1000 - created),
  ]);
  process.stdout.write(`${formatTable([['NAME', 'NODES', 'LINKS', 'SUBNET', 'RUNTIME', 'UP FOR'], ...lines])}\n`);
}
