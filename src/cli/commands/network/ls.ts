import type { FoundNetwork } from '../../../network/runtime.ts';
import { formatList } from '../../../shared/text.ts';
import type { ClockOffset } from '../../../shared/time/clock-offset.ts';
import { formatDuration, formatTable } from '../../output/format.ts';
import { listNetworks } from '../list-networks.ts';

export async function run(options: { nodes?: true; json?: true }): Promise<void> {
  const networks = await listNetworks();
  if (options.nodes) {
    const names = new Set(networks.flatMap(({ nodes }) => nodes.map(({ name }) => name)));
    for (const name of names) process.stdout.write(`${name}\n`);
    return;
  }
  const [faults, clocks] = await Promise.all([
    Promise.all(networks.map(listFaults)),
    Promise.all(networks.map((network) => network.clockOffset())),
  ]);
  const rows = networks.map(({ name, runtime, declared, subnet, nodes, created, run }, index) => ({
    name,
    runtime,
    run,
    nodes: declared?.nodes ?? nodes.length,
    running: nodes.filter(({ state }) => state === 'running').length,
    links: declared?.links ?? 0,
    subnet: subnet ?? null,
    created,
    faults: faults[index] ?? null,
  }));
  if (options.json) {
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  if (rows.length === 0) {
    process.stdout.write('no network is running\n');
    return;
  }
  const lines = rows.map(({ name, runtime, running, nodes, links, subnet, created, faults }, index) => [
    name,
    `${running} of ${nodes} running`,
    String(links),
    faults === null ? '?' : faults.length === 0 ? '-' : formatList(faults, { max: 2 }),
    subnet ?? 'none',
    runtime,
    formatDuration((Date.now() + (clocks[index] as ClockOffset).offsetMs) / 1000 - created),
  ]);
  process.stdout.write(
    `${formatTable([['NAME', 'NODES', 'LINKS', 'FAULTS', 'SUBNET', 'RUNTIME', 'UP FOR'], ...lines])}\n`,
  );
}

/** Returns the names of the faults in force on a network's links; undefined where they cannot be read, or it is gone by now. */
async function listFaults(found: FoundNetwork): Promise<string[] | undefined> {
  try {
    const network = await found.attach();
    try {
      return (await network.activeFaults()).map((fault) => fault.name);
    } finally {
      network.close();
    }
  } catch {
    return undefined;
  }
}
