import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Command } from 'commander';
import { down } from '../../../controller/lifecycle/down.ts';
import { up } from '../../../controller/lifecycle/up.ts';
import { type NetworkState, observe } from '../../../controller/state/network-state.ts';
import { dump, dumpFolder } from '../../../diagnostics/dump.ts';
import { connectEngine, type Engine } from '../../../engine/engine.ts';
import { attachContainerNetwork } from '../../../runtimes/containers/container-network.ts';
import {
  describeStep,
  parseScenario,
  readTopologyPath,
  runScenario,
  ScenarioError,
  type ScenarioEvent,
  schedule,
  type TimedStep,
} from '../../../scenario/index.ts';
import { DevnetError, describeError } from '../../../shared/errors.ts';
import type { Topology } from '../../../topology/index.ts';
import { loadTopology } from '../../../topology/load-topology-file.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { networkFolder } from '../../input/log-files.ts';
import { prefixNpmRun } from '../../input/npm-run.ts';
import { parseSecondsOption } from '../../input/option-parsers.ts';
import { paint } from '../../output/format.ts';
import { ScenarioReport } from '../../output/scenario-report.ts';
import { showUpProgress } from '../../output/up-progress.ts';

interface Options {
  name?: string;
  timeout: number;
  junit?: string;
  json?: true;
  plan?: true;
  keep?: true;
}

export const runCommand = (): Command =>
  new Command('run')
    .summary('carry out a scenario: timed faults, and what is expected meanwhile')
    .description(
      'Brings the topology up, unless it runs already, carries out the steps of the scenario at their times, and takes down\n' +
        'what it brought up. The file is a topology with a "scenario", or a scenario that names its topology.\n' +
        'Exit status: 0 when every expectation was met, 1 when one was missed.',
    )
    .argument('<file>', 'file with a scenario')
    .option('--name <name>', 'name of the devnet, instead of the one in the topology')
    .option('--timeout <seconds>', 'how long a node may take to listen, and the links to stand', parseSecondsOption, 30)
    .option(
      '--junit <file>',
      'write a JUnit report, with a test case for each expectation; an error, where it came to no end',
    )
    .option('--json', 'the result as JSON')
    .option('--plan', 'only show what would be done, and when')
    .option('--keep', 'leave running what it brought up')
    .action(run);

async function run(file: string, options: Options): Promise<void> {
  if (options.plan) {
    printPlan((await loadScenario(file, options.name)).steps, options.json);
    return;
  }
  const report = new ScenarioReport(file, options);
  const evidence: CollectedArtifacts = {};
  try {
    await runToEnd(file, options, report, evidence);
  } catch (cause) {
    report.fail(cause, evidence.folder);
    throw cause;
  }
}

/** Where all that was known of the devnet is, once that was written down. */
interface CollectedArtifacts {
  folder?: string;
}

async function runToEnd(
  file: string,
  options: Options,
  report: ScenarioReport,
  evidence: CollectedArtifacts,
): Promise<void> {
  const { topology, steps } = await loadScenario(file, options.name);
  report.setTopology(topology, steps);
  const engine = await connectEngine();
  const before = await observe(engine, topology.name);
  if (before) assertSameTopology(before, topology);
  const interrupt = handleInterrupt(() => exitLeavingNetwork(topology.name));
  const { signal } = interrupt;
  const writeDown = async () => {
    const folder = await writeArtifacts(engine, topology.name, report.events);
    if (folder !== undefined) evidence.folder = folder;
  };
  const devnet = await startNetwork(engine, topology, options, signal, writeDown);
  const ours = before === undefined && !options.keep;
  try {
    const tell = (happening: ScenarioEvent) => report.onEvent(happening);
    const network = await attachContainerNetwork(engine, topology.name);
    const result = await runScenario(steps, network, { signal, onEvent: tell }).finally(() => network.close());
    if (!result.passed) await writeDown();
    report.finish(result, devnet.nodes, evidence.folder);
    if (!result.passed) process.exitCode = 1;
  } catch (cause) {
    if (!signal.aborted) await writeDown();
    if (ours)
      await takeDown(engine, devnet).catch((remains: unknown) => throwWithCleanupFailure(cause, devnet, remains));
    throw cause;
  }
  if (ours) await takeDown(engine, devnet);
  interrupt.release();
}

/** Writes down all that is known of a devnet that something is wrong with. @returns the folder, where there was anything */
async function writeArtifacts(
  engine: Engine,
  name: string,
  happenings: readonly ScenarioEvent[],
): Promise<string | undefined> {
  try {
    const network = await attachContainerNetwork(engine, name);
    const journal = happenings.map((happening) => `${JSON.stringify(happening)}\n`).join('');
    const { folder } = await dump(network, { folder: dumpFolder(networkFolder(name)), journal });
    network.close();
    return folder;
  } catch {
    return undefined; // Whatever is wrong with the run is told, and counts more.
  }
}

async function loadScenario(
  file: string,
  name: string | undefined,
): Promise<{ topology: Topology; steps: TimedStep[] }> {
  try {
    const text = await readScenarioFile(file);
    const named = readTopologyPath(text, file);
    const net = named === undefined ? file : isAbsolute(named) ? named : join(dirname(file), named);
    const topology = await loadTopology(net, name);
    return { topology, steps: schedule(parseScenario(text, { file, topology })) };
  } catch (cause) {
    if (cause instanceof ScenarioError) throw new DevnetError('scenario_invalid', cause.message, { cause });
    throw cause;
  }
}

async function readScenarioFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message;
    throw new DevnetError('file_unreadable', `cannot read the scenario ${file}: ${what}`, {
      hint: 'docs/scenarios.md says what to write into one',
      cause,
    });
  }
}

/** A scenario is about the nodes and links that it was written for; it is not what changes a devnet into another. */
function assertSameTopology({ name, topology }: NetworkState, declared: Topology): void {
  const { scenario: _, ...wanted } = declared;
  const { scenario: __, ...running } = topology ?? ({} as Topology);
  if (isDeepStrictEqual(running, wanted)) return;
  throw new DevnetError('name_taken', `a devnet "${name}" runs with another topology`, {
    hint: `--name brings up another beside it; devnet down ${name} removes it`,
  });
}

async function startNetwork(
  engine: Engine,
  topology: Topology,
  options: Options,
  signal: AbortSignal,
  failed: () => Promise<void>,
): Promise<NetworkState> {
  const progress = showUpProgress(topology);
  try {
    const { devnet } = await up(engine, topology, {
      timeout: options.timeout * 1000,
      ...(options.keep ? { keep: true } : {}),
      signal,
      failed: async () => {
        if (!signal.aborted) await failed();
      },
      progress: (step) => progress.onStep(step),
    });
    await progress.end();
    return devnet;
  } catch (cause) {
    await progress.end(cause as Error);
    throw cause;
  }
}

function printPlan(steps: readonly TimedStep[], json: true | undefined): void {
  const lines = json ? [JSON.stringify(steps)] : steps.map(formatTimedStep);
  process.stdout.write(`${lines.join('\n')}\n`);
}

function formatTimedStep(step: TimedStep): string {
  const time = paint('gray', `${(step.at / 1000).toFixed(2)} s`.padStart(10));
  return `${time} ${describeStep(step)}`;
}

async function takeDown(engine: Engine, { name, run }: NetworkState): Promise<void> {
  const left = await observe(engine, name);
  if (left?.run !== run) return;
  await down(engine, left);
  process.stderr.write(`${paint('green', '✔', process.stderr)} ${name} is down\n`);
}

/** The failure that counts is the first one; that cleaning up failed too only adds what is left to do. */
function throwWithCleanupFailure(cause: unknown, { name }: NetworkState, remains: unknown): never {
  const why = describeError(cause);
  const reason = describeError(remains);
  throw new DevnetError(
    cause instanceof DevnetError ? cause.code : 'engine_failed',
    `${why}\n  and "${name}" could not be taken down: ${reason}`,
    { hint: `devnet down ${name}, once the engine answers`, cause },
  );
}

/** At the second Ctrl-C. */
function exitLeavingNetwork(name: string): void {
  process.stderr.write(`\nleft "${name}" as it is; to remove it: ${prefixNpmRun(`devnet down ${name}`)}\n`);
  process.exit(130);
}
