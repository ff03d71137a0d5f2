import { down } from '../../../controller/lifecycle/down.ts';
import type { Reaper } from '../../../controller/lifecycle/reaper-container.ts';
import { type UpResult, up } from '../../../controller/lifecycle/up.ts';
import { tailLogs } from '../../../controller/logs/log-tail.ts';
import { type NetworkState, observe } from '../../../controller/state/network-state.ts';
import type { Engine } from '../../../engine/engine.ts';
import { attachContainerNetwork } from '../../../runtimes/containers/container-network.ts';
import { pluralize } from '../../../shared/text.ts';
import { displayName } from '../../../shared/text-file.ts';
import type { Topology } from '../../../topology/index.ts';
import { loadTopology } from '../../../topology/load-topology-file.ts';
import { connectEngineOrSuggestProcess } from '../../input/connect-engine.ts';
import { defaultTopologyFile } from '../../input/default-topology.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { createNetworkFolder } from '../../input/log-files.ts';
import { dumpArtifacts, printArtifactsFolder } from '../../output/dump-artifacts.ts';
import { formatDuration, formatGraphSize, paint } from '../../output/format.ts';
import { openLogFile, streamLog } from '../../output/stream-log.ts';
import { withUpProgress } from '../../output/up-progress.ts';
import { exitLeavingNetwork } from '../exit-leaving-network.ts';
import type { UpCommandOptions } from './up-in-process.ts';

export async function run(named: string | undefined, options: UpCommandOptions): Promise<void> {
  const file = named ?? defaultTopologyFile();
  const topology = await loadTopology(file, options.name);
  const engine = options.engine === 'process' ? undefined : await connectEngineOrSuggestProcess('up');
  process.stderr.write(
    `${paint('bold', topology.name, process.stderr)}: ${formatGraphSize(topology)} (${displayName(file)})\n`,
  );
  if (engine) await runUpOnEngine(engine, topology, options);
  else await (await import('./up-in-process.ts')).runUpInProcess(topology, options);
}

async function runUpOnEngine(engine: Engine, topology: Topology, options: UpCommandOptions): Promise<void> {
  const { detach, keep, json, timeout, dump } = options;
  // What cannot be written is named before anything starts.
  if (detach && dump) createNetworkFolder(topology.name);
  const logFile = detach ? undefined : await openLogFile(topology.name);
  const { signal, release } = handleInterrupt({
    leave: () => exitLeavingNetwork(engine, topology.name),
    continueWithoutReader: detach === true,
  });
  const began = performance.now();
  let reaper: Reaper | undefined;
  const writeDump = async () => {
    if (!dump) return;
    const network = await attachContainerNetwork(engine, topology.name);
    printArtifactsFolder(await dumpArtifacts(network));
    network.close();
  };
  const onReaperStarted = (started: Reaper) => {
    reaper = started;
  };
  const result = await withUpProgress(topology, (onProgress) =>
    up(engine, topology, {
      timeoutMs: timeout * 1000,
      ...(keep ? { keep } : {}),
      signal,
      ...(detach ? {} : { onReaperStarted }),
      onFailed: writeDump,
      onProgress,
    }),
  ).catch(async (failure: unknown) => {
    // What is kept outlives this command.
    if (keep) await reaper?.cancel();
    await logFile?.close();
    throw failure;
  });
  process.stderr.write(formatUpSummary(result, (performance.now() - began) / 1000));
  if (detach) {
    if (json) process.stdout.write(`${JSON.stringify(upResultToJson(result))}\n`);
  } else {
    const entries = tailLogs(engine, result.devnet, { follow: true, signal });
    await streamLog(result.devnet, entries, { file: logFile, json: json === true, signal });
    if (signal.aborted) {
      await writeDump().catch(() => {}); // The network is removed all the same.
      await removeNetwork(engine, result.devnet);
    } else process.stderr.write(`${result.devnet.name} was removed elsewhere\n`);
  }
  release();
}

/** Removes a network unless it was removed or replaced elsewhere, and says so on standard error. */
async function removeNetwork(engine: Engine, { name, run }: Pick<NetworkState, 'name' | 'run'>): Promise<void> {
  const began = performance.now();
  const left = await observe(engine, name);
  if (left?.run !== run) return;
  process.stderr.write(`\nremoving ${name} (Ctrl-C again leaves now)\n`);
  await down(engine, left);
  const seconds = (performance.now() - began) / 1000;
  process.stderr.write(
    `${paint('green', '✔', process.stderr)} ${name} is down: ${pluralize(left.nodes.length, 'node')} removed in ${formatDuration(seconds)}\n`,
  );
}

function formatUpSummary({ devnet: network, drift, steps }: UpResult, seconds: number): string {
  const { nodes, links } = network.topology ?? { nodes: [], links: [] };
  const verified = links.length - drift.unknown.length;
  const mark = paint('green', '✔', process.stderr);
  const done = steps.length === 0 ? ', nothing to do' : '';
  const lines = [
    `${mark} ${network.name} is up and verified${done}: ${pluralize(nodes.length, 'node')}, ${verified} of ${pluralize(links.length, 'link')} seen, in ${formatDuration(seconds)}`,
  ];
  if (drift.unknown.length > 0) {
    const silent = [...new Set(drift.unknown.map(({ from }) => from))];
    lines.push(
      `  ${silent.join(', ')}: no answer to get_status or get_peers, so the links were requested but could not be checked`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function upResultToJson({ devnet: { name, run, network, nodes, topology }, drift, steps }: UpResult): object {
  return {
    name,
    run,
    subnet: network?.subnet,
    nodes: nodes.map((node) => ({
      name: node.name,
      address: `${node.address}:${node.port}`,
      container: node.containerId,
    })),
    links: topology?.links,
    drift,
    steps,
  };
}
