import type { CaptureFile } from '../../../capture/capture-file.ts';
import {
  assertSupported,
  type Requirement,
  type RuntimeName,
  topologyRequirements,
} from '../../../network/capabilities.ts';
import { formatAsJson, type LogEntry } from '../../../network/log-entry.ts';
import type { NetworkSummary, RunningNetwork } from '../../../network/running-network.ts';
import type { StartedNetwork } from '../../../network/runtime.ts';
import type { NetworkRecording } from '../../../recording/network-recording.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { displayName } from '../../../shared/files/text-file.ts';
import { formatList, pluralize } from '../../../shared/text.ts';
import type { Topology } from '../../../topology/index.ts';
import { loadTopology } from '../../../topology/load-topology-file.ts';
import { defaultTopologyFile } from '../../input/default-topology.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { createNetworkFolder } from '../../input/log-files.ts';
import { connectRuntimeOrSuggestOther } from '../../input/suggest-other-runtime.ts';
import { dumpArtifacts, printArtifactsFolder } from '../../output/dump-artifacts.ts';
import { formatDuration, formatGraphSize, paint, warn, writeToStderr } from '../../output/format.ts';
import { namedAddresses } from '../../output/log-format.ts';
import { formatVerifiedLinks, startWithProgress } from '../../output/progress/up-progress.ts';
import { printRecordingFolder, startRecording } from '../../output/record-network.ts';
import { startDeclaredCapture } from '../../output/sinks/declared-capture.ts';
import { endInTime } from '../../output/sinks/end-in-time.ts';
import { startTraces } from '../../output/sinks/export-traces.ts';
import { openLogFile, streamLog } from '../../output/stream-log.ts';
import { exitLeavingNetwork } from '../exit-leaving-network.ts';
import { openPage } from '../page/serve-page.ts';

/** Time for the dump of a network that is to be removed, milliseconds. */
const DUMP_TIMEOUT_MS = 30_000;

interface Options {
  engine?: RuntimeName;
  detach?: true;
  name?: string;
  /** Seconds. */
  timeout: number;
  keep?: true;
  dump?: true;
  record: boolean;
  ui?: true;
  otlp?: string;
  json?: true;
}

export async function run(named: string | undefined, options: Options): Promise<void> {
  const { detach = false, keep = false, json = false } = options;
  if (detach && options.ui) {
    throw new DevnetError('usage', '--ui serves its page until Ctrl-C, and --detach returns', {
      hint: 'devnet ui shows a network that runs',
    });
  }
  if (detach && options.otlp !== undefined) {
    throw new DevnetError('usage', '--otlp sends traces until Ctrl-C, and --detach returns', {
      hint: 'leave one of them out',
    });
  }
  const file = named ?? defaultTopologyFile();
  const topology = await loadTopology(file, options.name);
  const engine = options.engine ?? topology.engine ?? 'containers';
  assertSupported(engine, [...optionRequirements(options), ...topologyRequirements(topology)]);
  const runtime = await connectRuntimeOrSuggestOther(engine, 'up');
  process.stderr.write(
    `${paint('bold', topology.name, process.stderr)}: ${formatGraphSize(topology)} (${displayName(file)})\n`,
  );
  // What cannot be written is named before anything starts.
  if (detach && options.dump) createNetworkFolder(topology.name);
  const logFile = detach ? undefined : await openLogFile(topology.name);
  const { signal, release } = handleInterrupt({
    leave: () => exitLeavingNetwork(runtime, topology.name),
    continueWithoutReader: detach,
  });
  let capture: CaptureFile | undefined;
  const writeDump = async (network: RunningNetwork, recording?: NetworkRecording) => {
    if (options.dump) printArtifactsFolder(await dumpArtifacts(network, { recording, capture }));
  };
  const began = performance.now();
  const starting = startWithProgress(runtime, topology, {
    timeoutMs: options.timeout * 1_000,
    signal,
    keepOnFailure: keep,
    ownedByProcess: !detach,
    onFailed: (_, failed) => writeDump(failed),
  });
  const started = await starting.catch(async (failure: unknown) => {
    await logFile?.close();
    throw failure;
  });
  process.stderr.write(formatUpSummary(started, (performance.now() - began) / 1_000));
  const { network } = started;
  const summary = await network.summary();
  if (detach) {
    if (topology.capture)
      warn(`no packets are captured after -d: devnet capture --name ${network.name} -w FILE.pcapng does`);
    if (json) process.stdout.write(`${JSON.stringify(upResultToJson(started, summary))}\n`);
  } else {
    const recording = options.record ? await startRecording(network) : undefined;
    capture = await startDeclaredCapture(network);
    const logged = { name: network.name, run: summary.run, nodes: namedAddresses(network) };
    const page = options.ui ? await openPage(network, recording) : undefined;
    const traces = await startTraces(network, options.otlp);
    const recorder = recording?.recorder ?? page?.recorder;
    const log = await network.readLog({ follow: true, signal });
    const formatForFile = recorder ? (entry: LogEntry) => recorder.formatEntry(entry) : formatAsJson;
    await streamLog(logged, recorder?.tee(log) ?? log, { file: logFile, json, signal, formatForFile });
    if (recording) await endInTime('the recording', () => recording.stop('removed'));
    await page?.close();
    await traces?.stop();
    if (signal.aborted && options.dump) {
      writeToStderr('\nwriting a dump (Ctrl-C again leaves now)');
      await endInTime('the dump', () => writeDump(network, recording), DUMP_TIMEOUT_MS);
    }
    if (capture) await endInTime('the capture', capture.close);
    if (signal.aborted) await remove(network);
    else process.stderr.write(`${network.name} was removed elsewhere\n`);
    printRecordingFolder(recording);
  }
  release();
}

function optionRequirements(options: Options): Requirement[] {
  return (['detach', 'keep'] as const).flatMap((option): Requirement[] =>
    options[option] ? [{ capability: 'keep', feature: `--${option}` }] : [],
  );
}

/** Removes a network unless it was removed or replaced elsewhere, and says so on standard error. */
async function remove(network: RunningNetwork): Promise<void> {
  const began = performance.now();
  const left = await network.summary().catch((cause: unknown) => {
    if (cause instanceof DevnetError && cause.code === 'no_such_devnet') return undefined;
    throw cause;
  });
  if (!left) return;
  process.stderr.write(`\nremoving ${network.name} (Ctrl-C again leaves now)\n`);
  await network.down();
  const seconds = (performance.now() - began) / 1_000;
  process.stderr.write(
    `${paint('green', '✔', process.stderr)} ${network.name} is down: ${pluralize(left.nodes.length, 'node')} removed in ${formatDuration(seconds)}\n`,
  );
}

function formatUpSummary({ network, drift, steps, notes = [] }: StartedNetwork, seconds: number): string {
  const { name, topology } = network;
  const { nodes, links } = topology;
  const verified = links.length - drift.unknown.length - drift.listed.length;
  const mark = paint('green', '✔', process.stderr);
  const done = steps.length === 0 ? ', nothing to do' : '';
  const where = network.runtime === 'process' ? ', in this process' : '';
  const lines = [
    ...(network.runtime === 'process' ? formatProcessNodes(topology, network) : []),
    drift.listed.length === 0
      ? `${mark} ${name} is up and verified${where}${done}: ${pluralize(nodes.length, 'node')}, ${verified} of ${pluralize(links.length, 'link')} seen, in ${formatDuration(seconds)}`
      : `${mark} ${name} is up${where}${done}: ${pluralize(nodes.length, 'node')}; links: ${formatVerifiedLinks(links.length, verified, drift.listed.length)}; in ${formatDuration(seconds)}`,
  ];
  if (drift.listed.length > 0) {
    const silent = [...new Set(drift.listed.map(({ from }) => from))];
    lines.push(
      `  ${formatList(silent)}: no answer to get_status, so it is unknown whether the links that are listed are connected`,
    );
  }
  if (drift.unknown.length > 0) {
    const silent = [...new Set(drift.unknown.map(({ from }) => from))];
    lines.push(
      `  ${formatList(silent)}: no answer to get_status or get_peers, so the links were requested but could not be checked`,
    );
  }
  return `${[...lines, ...notes.map((note) => `  ${note}`)].join('\n')}\n`;
}

function formatProcessNodes({ links }: Topology, network: RunningNetwork): string[] {
  const addresses = namedAddresses(network).map(({ address, port }) => `${address}:${port}`);
  const range = addresses.length === 1 ? addresses[0] : `${addresses[0]} to ${addresses.at(-1)}`;
  const mark = paint('green', '✔', process.stderr);
  return [
    `${mark} nodes    ${addresses.length} of ${addresses.length} listening, ${range}`,
    `${mark} links    ${links.length} of ${links.length} verified`,
  ];
}

function upResultToJson(
  { network, drift, steps }: StartedNetwork,
  { name, run, subnet, nodes }: NetworkSummary,
): object {
  return {
    name,
    run,
    subnet,
    nodes: nodes.map(({ name, host, port, container }) => ({ name, address: `${host}:${port}`, container })),
    links: network.topology.links,
    drift,
    steps,
  };
}
