import { randomUUID } from 'node:crypto';
import {
  assertSupported,
  type Requirement,
  type RuntimeName,
  topologyRequirements,
} from '../../../network/capabilities.ts';
import type { RunningNetwork } from '../../../network/running-network.ts';
import { startProcessNetwork } from '../../../runtimes/process/process-network.ts';
import { pluralize } from '../../../shared/text.ts';
import type { Topology } from '../../../topology/index.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { dumpArtifacts, printArtifactsFolder } from '../../output/dump-artifacts.ts';
import { formatDuration, paint } from '../../output/format.ts';
import { namedAddresses } from '../../output/log-format.ts';
import { openLogFile, streamLog } from '../../output/stream-log.ts';

/** Options of `devnet up`. */
export interface UpCommandOptions {
  engine: RuntimeName;
  detach?: true;
  name?: string;
  /** Seconds. */
  timeout: number;
  keep?: true;
  dump?: true;
  json?: true;
}

/**
 * Runs the nodes in this process, on loopback, and shows their log until Ctrl-C. Other commands cannot see them: they ask an
 * engine.
 * @throws UnsupportedError, naming everything that only other runtimes can do
 */
export async function runUpInProcess(topology: Topology, options: UpCommandOptions): Promise<void> {
  const began = performance.now();
  const { signal, release } = handleInterrupt();
  // The nodes are part of this process and end with it.
  const requirements = (['detach', 'keep'] as const).flatMap((option): Requirement[] =>
    options[option] ? [{ capability: 'keep', feature: `--${option}` }] : [],
  );
  assertSupported('process', [...requirements, ...topologyRequirements(topology)]);
  const dump = async (running: RunningNetwork) => {
    if (options.dump) printArtifactsFolder(await dumpArtifacts(running));
  };
  const file = await openLogFile(topology.name);
  const network = await startProcessNetwork(topology, {
    timeoutMs: options.timeout * 1_000,
    signal,
    onFailed: (_, failed) => dump(failed),
  }).catch(async (failure: unknown) => {
    await file?.close();
    throw failure;
  });
  try {
    const nodes = namedAddresses(network);
    process.stderr.write(formatProcessUpSummary(topology, nodes, (performance.now() - began) / 1_000));
    const logged = { name: topology.name, run: randomUUID(), nodes };
    const entries = await network.readLog({ follow: true, signal });
    await streamLog(logged, entries, { file, json: options.json === true, signal });
  } finally {
    await dump(network);
    await network.down();
    release();
  }
  const mark = paint('green', '✔', process.stderr);
  process.stderr.write(`\n${mark} ${topology.name} is down: ${pluralize(topology.nodes.length, 'node')} ended\n`);
}

function formatProcessUpSummary(
  { name, links }: Topology,
  nodes: readonly { address: string; port: number }[],
  seconds: number,
): string {
  const mark = paint('green', '✔', process.stderr);
  const [first, last] = [nodes[0], nodes.at(-1)].map((node) => `${node?.address}:${node?.port}`);
  const range = nodes.length === 1 ? first : `${first} to ${last}`;
  const note = 'other commands, such as status and send, cannot see this network; dial its nodes at their addresses';
  return [
    `${mark} nodes    ${nodes.length} of ${nodes.length} listening, ${range}`,
    `${mark} links    ${links.length} of ${links.length} verified`,
    `${mark} ${name} is up and verified, in this process: ${pluralize(nodes.length, 'node')}, ${pluralize(links.length, 'link')} seen, in ${formatDuration(seconds)}`,
    `  ${paint('gray', note, process.stderr)}`,
    '',
  ].join('\n');
}
