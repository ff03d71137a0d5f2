import { randomUUID } from 'node:crypto';
import { assertSupported, type Requirement } from '../../../network/capabilities.ts';
import type { RunningNetwork } from '../../../network/running-network.ts';
import { startProcessNetwork } from '../../../runtimes/process/process-network.ts';
import type { Topology } from '../../../topology/index.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { formatDuration, paint, pluralize } from '../../output/format.ts';
import { streamLog } from '../../output/stream-log.ts';

interface Options {
  detach?: true;
  keep?: true;
  /** Seconds. */
  timeout: number;
  json?: true;
}

/**
 * Runs the nodes in this process, on loopback: without an engine, and seen by no other command, for what they are is nowhere
 * but here. Shows their log until Ctrl-C.
 * @throws UnsupportedError, naming everything that only other runtimes can do
 */
export async function runUpInProcess(topology: Topology, options: Options): Promise<void> {
  const began = performance.now();
  const interrupt = handleInterrupt(() => process.exit(130));
  const { signal } = interrupt;
  const backend = await startNodes(topology, options, signal);
  try {
    const nodes = (await backend.nodes()).map(({ name, host, port }) => ({ name, address: host, port }));
    process.stderr.write(formatProcessUpSummary(topology, nodes, (performance.now() - began) / 1_000));
    const logged = { name: topology.name, run: randomUUID(), nodes };
    await streamLog(logged, await backend.readLog({ follow: true, signal }), options.json === true);
  } finally {
    await backend.down();
    interrupt.release();
  }
  const mark = paint('green', '✔', process.stderr);
  process.stderr.write(`\n${mark} ${topology.name} is down: ${pluralize(topology.nodes.length, 'node')} ended\n`);
}

async function startNodes(topology: Topology, options: Options, signal: AbortSignal): Promise<RunningNetwork> {
  // The nodes are part of this process and end with it.
  const requirements = (['detach', 'keep'] as const).flatMap((option): Requirement[] =>
    options[option] ? [{ capability: 'keep', feature: `--${option}` }] : [],
  );
  assertSupported('process', requirements);
  return startProcessNetwork(topology, { timeoutMs: options.timeout * 1_000, signal });
}

function formatProcessUpSummary(
  { name, links }: Topology,
  nodes: readonly { address: string; port: number }[],
  elapsed: number,
): string {
  const mark = paint('green', '✔', process.stderr);
  const [first, last] = [nodes[0], nodes.at(-1)].map((node) => `${node?.address}:${node?.port}`);
  const all = pluralize(nodes.length, 'node');
  return [
    `${mark} nodes    ${nodes.length} of ${nodes.length} listening, ${nodes.length === 1 ? first : `${first} to ${last}`}`,
    `${mark} links    ${links.length} of ${links.length} verified`,
    `${mark} ${name} is up and verified, in this process: ${all}, ${pluralize(links.length, 'link')} seen, in ${formatDuration(elapsed)}`,
    `  ${paint('gray', 'commands that ask an engine, as status and send do, do not see it; its nodes are dialed at their addresses', process.stderr)}`,
    '',
  ].join('\n');
}
