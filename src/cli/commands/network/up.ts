import { Command, Option } from 'commander';
import { down } from '../../../controller/lifecycle/down.ts';
import type { Reaper } from '../../../controller/lifecycle/reaper-container.ts';
import { type UpResult, up } from '../../../controller/lifecycle/up.ts';
import { tailLogs } from '../../../controller/logs/log-tail.ts';
import { observe } from '../../../controller/state/network-state.ts';
import { connectEngine, type Engine } from '../../../engine/engine.ts';
import type { RuntimeName } from '../../../network/capabilities.ts';
import { DevnetError } from '../../../shared/errors.ts';
import type { Topology } from '../../../topology/index.ts';
import { loadTopology } from '../../../topology/load-topology-file.ts';
import { defaultTopologyFile } from '../../input/default-topology.ts';
import { handleInterrupt, type Interrupt } from '../../input/interrupt.ts';
import { prefixNpmRun } from '../../input/npm-run.ts';
import { parseSecondsOption } from '../../input/option-parsers.ts';
import { formatDuration, paint, pluralize } from '../../output/format.ts';
import { streamLog } from '../../output/stream-log.ts';
import { showUpProgress, type UpProgress } from '../../output/up-progress.ts';
import { runUpInProcess } from './up-in-process.ts';

interface Options {
  engine: RuntimeName;
  detach?: true;
  name?: string;
  timeout: number;
  keep?: true;
  json?: true;
}

export const upCommand = (): Command =>
  new Command('up')
    .summary('bring up a topology, verify it, tail its log; Ctrl-C takes it down')
    .description(
      'Starts one container per node, tells each of its peers, asks all of them until the graph is the declared one,\n' +
        'then shows the merged log until Ctrl-C takes the devnet down. With --engine process the bundled node runs in this\n' +
        'process instead, once for each node, on loopback: no engine is needed, and the devnet ends with the command.',
    )
    .argument('[file]', 'topology file (default: devnet/default.yaml, or the one that comes with devnet)')
    .addOption(
      new Option('--engine <engine>', 'what runs the nodes: containers, or this process, without Docker')
        .choices(['containers', 'process'] satisfies RuntimeName[])
        .default('containers'),
    )
    .option('-d, --detach', 'leave it running and return once it is verified')
    .option('--name <name>', 'name of the devnet, instead of the one in the file')
    .option('--timeout <seconds>', 'how long a node may take to listen, and the links to stand', parseSecondsOption, 30)
    .option('--keep', 'on failure leave what was made, to look at')
    .option('--json', 'log, and with --detach the result, as JSON')
    .action(run);

async function run(named: string | undefined, options: Options): Promise<void> {
  const file = named ?? defaultTopologyFile();
  const began = performance.now();
  const topology = await loadTopology(file, options.name);
  const engine = options.engine === 'process' ? undefined : await connectEngine().catch(suggestProcessEngine);
  process.stderr.write(
    `${paint('bold', topology.name, process.stderr)}: ${pluralize(topology.nodes.length, 'node')}, ${pluralize(topology.links.length, 'link')} (${file})\n`,
  );
  if (engine) await runUpOnEngine(engine, topology, options, began);
  else await runUpInProcess(topology, options);
}

/** Of all commands, this one has a way without an engine. */
function suggestProcessEngine(cause: unknown): never {
  if (!(cause instanceof DevnetError) || cause.code !== 'engine_missing') throw cause;
  const hints = [...(cause.hint === undefined ? [] : [cause.hint]), 'devnet up --engine process runs without one'];
  throw new DevnetError(cause.code, cause.message, { hint: hints.join('; '), cause });
}

async function runUpOnEngine(engine: Engine, topology: Topology, options: Options, began: number): Promise<void> {
  const interrupt = handleInterrupt(() => exitLeavingNetwork(engine, topology.name));
  const progress = showUpProgress(topology);
  let reaper: Reaper | undefined;
  const owned = (made: Reaper) => {
    reaper = made;
  };
  const result = await withProgress(progress, () =>
    up(engine, topology, {
      timeout: options.timeout * 1000,
      ...(options.keep ? { keep: true } : {}),
      signal: interrupt.signal,
      ...(options.detach ? {} : { owned }),
      progress: (step) => progress.onStep(step),
    }),
  ).catch(async (failure: unknown) => {
    // What is kept is kept for longer than this command.
    if (options.keep) await reaper?.cancel();
    throw failure;
  });
  process.stderr.write(formatUpSummary(result, (performance.now() - began) / 1000));
  if (options.detach) {
    if (options.json) process.stdout.write(`${JSON.stringify(upResultToJson(result))}\n`);
    interrupt.release();
    return;
  }
  await tailUntilInterrupted(engine, result, options, interrupt);
}

async function withProgress<T>(progress: UpProgress, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    await progress.end();
    return result;
  } catch (cause) {
    await progress.end(cause as Error);
    throw cause;
  }
}

function formatUpSummary({ devnet, drift, steps }: UpResult, elapsed: number): string {
  const { nodes, links } = devnet.topology ?? { nodes: [], links: [] };
  const seen = links.length - drift.unknown.length;
  const mark = paint('green', '✔', process.stderr);
  const lines = [
    `${mark} ${devnet.name} is up and verified${steps.length === 0 ? ', nothing to do' : ''}: ${pluralize(nodes.length, 'node')}, ${seen} of ${pluralize(links.length, 'link')} seen, in ${formatDuration(elapsed)}`,
  ];
  if (drift.unknown.length > 0) {
    const mute = [...new Set(drift.unknown.map(({ from }) => from))];
    lines.push(
      `  ${mute.join(', ')}: answers neither get_status nor get_peers, so its links were asked for and could not be checked`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function upResultToJson({ devnet, drift, steps }: UpResult): object {
  const { name, run, network, nodes } = devnet;
  return {
    name,
    run,
    subnet: network?.subnet,
    nodes: nodes.map((node) => ({
      name: node.name,
      address: `${node.address}:${node.port}`,
      container: node.containerId,
    })),
    links: devnet.topology?.links,
    drift,
    steps,
  };
}

async function tailUntilInterrupted(
  engine: Engine,
  { devnet }: UpResult,
  options: Options,
  interrupt: Interrupt,
): Promise<void> {
  const entries = tailLogs(engine, devnet, { follow: true, signal: interrupt.signal });
  await streamLog(devnet, entries, options.json === true);
  if (!interrupt.signal.aborted) {
    process.stderr.write(`${devnet.name} was taken down elsewhere\n`);
    interrupt.release();
    return;
  }
  await takeDown(engine, devnet.name, devnet.run);
  interrupt.release();
}

async function takeDown(engine: Engine, name: string, run: string): Promise<void> {
  const began = performance.now();
  const left = await observe(engine, name);
  if (left?.run !== run) return;
  process.stderr.write(`\ntaking ${name} down (Ctrl-C again leaves now)\n`);
  await down(engine, left);
  const took = formatDuration((performance.now() - began) / 1000);
  process.stderr.write(
    `${paint('green', '✔', process.stderr)} ${name} is down: ${pluralize(left.nodes.length, 'node')} removed, in ${took}\n`,
  );
}

/** At the second Ctrl-C: says what stays behind, as far as the engine tells within a moment, and ends this process. */
function exitLeavingNetwork(engine: Engine, name: string): void {
  const leave = (what: string) => {
    process.stderr.write(`\nleft ${what}; to remove it: ${prefixNpmRun(`devnet down ${name}`)}\n`);
    process.exit(130);
  };
  setTimeout(() => leave(`"${name}" as it is`), 1_000);
  observe(engine, name).then(
    (left) => leave(left ? `${pluralize(left.nodes.length, 'node container')} of "${name}" behind` : 'nothing'),
    () => leave(`"${name}" as it is`),
  );
}
