import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Command } from 'commander';
import { down } from '../../devnet/down.ts';
import { devnetActions } from '../../devnet/faults/actions.ts';
import { loadTopology } from '../../devnet/load.ts';
import { type Observed, observe } from '../../devnet/observe.ts';
import { up } from '../../devnet/up.ts';
import { dump, dumpFolder } from '../../dump/dump.ts';
import { ofContainers } from '../../dump/source.ts';
import { connectEngine, type Engine } from '../../engine/engine.ts';
import { DevnetError } from '../../errors.ts';
import {
  describeStep,
  type Happening,
  parseScenario,
  runScenario,
  ScenarioError,
  schedule,
  systemClock,
  type TimedStep,
  topologyOf,
} from '../../scenario/index.ts';
import type { Topology } from '../../topology/index.ts';
import { paint } from '../format.ts';
import { takeInterrupt } from '../interrupt.ts';
import { asTyped } from '../invocation.ts';
import { logFolder } from '../log-file.ts';
import { seconds } from '../options.ts';
import { showProgress } from '../progress.ts';
import { RunReport } from '../run-report.ts';

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
    .option('--timeout <seconds>', 'how long a node may take to listen, and the links to stand', seconds, 30)
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
    showPlan((await load(file, options.name)).steps, options.json);
    return;
  }
  const report = new RunReport(file, options);
  const evidence: Evidence = {};
  try {
    await through(file, options, report, evidence);
  } catch (cause) {
    report.broken(cause, evidence.folder);
    throw cause;
  }
}

/** Where all that was known of the devnet is, once that was written down. */
interface Evidence {
  folder?: string;
}

async function through(file: string, options: Options, report: RunReport, evidence: Evidence): Promise<void> {
  const { topology, steps } = await load(file, options.name);
  report.about(topology, steps);
  const engine = await connectEngine();
  const before = await observe(engine, topology.name);
  if (before) checkSame(before, topology);
  const interrupt = takeInterrupt(() => leaveNow(topology.name));
  const { signal } = interrupt;
  const writeDown = async () => {
    const folder = await artifacts(engine, topology.name, report.happenings);
    if (folder !== undefined) evidence.folder = folder;
  };
  const devnet = await bringUp(engine, topology, options, signal, writeDown);
  const ours = before === undefined && !options.keep;
  try {
    const tell = (happening: Happening) => report.tell(happening);
    const result = await runScenario(steps, devnetActions(engine, devnet), { clock: systemClock, signal, tell });
    if (!result.passed) await writeDown();
    report.over(result, devnet.nodes, evidence.folder);
    if (!result.passed) process.exitCode = 1;
  } catch (cause) {
    if (!signal.aborted) await writeDown();
    if (ours) await takeDown(engine, devnet).catch((remains: unknown) => leaveBehind(cause, devnet, remains));
    throw cause;
  }
  if (ours) await takeDown(engine, devnet);
  interrupt.release();
}

/** Writes down all that is known of a devnet that something is wrong with. @returns the folder, where there was anything */
async function artifacts(engine: Engine, name: string, happenings: readonly Happening[]): Promise<string | undefined> {
  try {
    const devnet = await observe(engine, name);
    if (!devnet) return undefined;
    const journal = happenings.map((happening) => `${JSON.stringify(happening)}\n`).join('');
    const source = { ...ofContainers(engine, devnet), journal: () => journal };
    const { folder } = await dump(source, dumpFolder(logFolder(name)));
    return folder;
  } catch {
    return undefined; // Whatever is wrong with the run is told, and counts more.
  }
}

async function load(file: string, name: string | undefined): Promise<{ topology: Topology; steps: TimedStep[] }> {
  try {
    const text = await readScenario(file);
    const named = topologyOf(text, file);
    const net = named === undefined ? file : isAbsolute(named) ? named : join(dirname(file), named);
    const topology = await loadTopology(net, name);
    return { topology, steps: schedule(parseScenario(text, { file, topology })) };
  } catch (cause) {
    if (cause instanceof ScenarioError) throw new DevnetError('scenario_invalid', cause.message, { cause });
    throw cause;
  }
}

async function readScenario(file: string): Promise<string> {
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
function checkSame({ name, topology }: Observed, declared: Topology): void {
  const { scenario: _, ...wanted } = declared;
  const { scenario: __, ...running } = topology ?? ({} as Topology);
  if (isDeepStrictEqual(running, wanted)) return;
  throw new DevnetError('name_taken', `a devnet "${name}" runs with another topology`, {
    hint: `--name brings up another beside it; devnet down ${name} removes it`,
  });
}

async function bringUp(
  engine: Engine,
  topology: Topology,
  options: Options,
  signal: AbortSignal,
  failed: () => Promise<void>,
): Promise<Observed> {
  const progress = showProgress(topology);
  try {
    const { devnet } = await up(engine, topology, {
      timeout: options.timeout * 1000,
      ...(options.keep ? { keep: true } : {}),
      signal,
      failed: async () => {
        if (!signal.aborted) await failed();
      },
      progress: (step) => progress.step(step),
    });
    await progress.end();
    return devnet;
  } catch (cause) {
    await progress.end(cause as Error);
    throw cause;
  }
}

function showPlan(steps: readonly TimedStep[], json: true | undefined): void {
  const lines = json ? [JSON.stringify(steps)] : steps.map(planned);
  process.stdout.write(`${lines.join('\n')}\n`);
}

function planned(step: TimedStep): string {
  const time = paint('gray', `${(step.at / 1000).toFixed(2)} s`.padStart(10));
  return `${time} ${describeStep(step)}`;
}

async function takeDown(engine: Engine, { name, run }: Observed): Promise<void> {
  const left = await observe(engine, name);
  if (left?.run !== run) return;
  await down(engine, left);
  process.stderr.write(`${paint('green', '✔', process.stderr)} ${name} is down\n`);
}

/** The failure that counts is the first one; that cleaning up failed too only adds what is left to do. */
function leaveBehind(cause: unknown, { name }: Observed, remains: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause);
  const reason = remains instanceof Error ? remains.message : String(remains);
  throw new DevnetError(
    cause instanceof DevnetError ? cause.code : 'engine_failed',
    `${why}\n  and "${name}" could not be taken down: ${reason}`,
    { hint: `devnet down ${name}, once the engine answers`, cause },
  );
}

/** At the second Ctrl-C. */
function leaveNow(name: string): void {
  process.stderr.write(`\nleft "${name}" as it is; to remove it: ${asTyped(`devnet down ${name}`)}\n`);
  process.exit(130);
}
