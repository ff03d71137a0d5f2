import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { conditionsInForce, faultParts, type LinkState } from '../../src/agents/netem/state/link-state.ts';
import type { ShapingPlan } from '../../src/agents/netem/state/shaping-plan.ts';
import { status } from '../../src/controller/inspect/read-status.ts';
import { readNetemReport } from '../../src/controller/links/link-state.ts';
import { findNetworkState } from '../../src/controller/state/network-state.ts';
import { execWithInput } from '../../src/engine/exec.ts';
import { seededRandom } from '../../src/shared/seeded-random.ts';
import { type CommandResult, devnet, start } from '../support/cli.ts';
import { sandbox } from '../support/sandbox.ts';

const box = await sandbox();
const { engine } = box;
const cwd = mkdtempSync(join(tmpdir(), 'devnet-concurrent-'));

const COMMANDS_AT_ONCE = 10;
/** Two minutes for `npm run soak`. */
const DURATION_MS = process.env.DEVNET_SOAK === undefined ? 12_000 : 120_000;
const SEED = Number(process.env.DEVNET_SEED ?? Date.now() % 1_000_000);
const NODES = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6'];
/** Share of the commands that are killed, and the longest time until then. */
const KILLED_SHARE = 0.25;
const MAX_LIFE_MS = 2_000;
/** The agent's image has no other program that reads a file. */
const READ_STATE_FILE = 'fs.readFileSync("/run/devnet/state.json", "utf8")';

/** The netem agent's report: its state, and the kernel's rules and queues read at the same moment. */
interface Report {
  state: LinkState;
  revision: string;
  plan: ShapingPlan;
  rules: { set?: NftSet; map?: NftSet }[][];
  queues: { parent?: string }[];
}
interface NftSet {
  name: string;
  elem?: unknown[];
}

/** Returns what a set or map of the kernel's rules has as keys, `from to`. */
function pairsInKernel({ rules }: Report, name: string): string[] {
  const objects = rules.flat().flatMap(({ set, map }) => set ?? map ?? []);
  const elements = objects.find((object) => object.name === name)?.elem ?? [];
  return elements
    .map((element) => {
      const key = Array.isArray(element) ? element[0] : element;
      return (key as { concat: string[] }).concat.join(' ');
    })
    .sort();
}

const faultsOf = (state: LinkState): Set<string> => new Set(faultParts(state).map(({ fault }) => fault));

/** Compares the kernel's rules and queues with the state that was in force when they were read. */
function expectInKernel(report: Report): void {
  const { state, plan, queues } = report;
  const keysOf = (conditions: readonly { from: string; to: string }[]) =>
    conditions.map(({ from, to }) => `${from} ${to}`).sort();
  const cuts = state.cuts.flatMap(({ from, to }) => from.flatMap((one) => to.map((other) => `${one} ${other}`)));
  expect(pairsInKernel(report, 'cut_pairs')).toEqual([...new Set(cuts)].sort());
  expect(pairsInKernel(report, 'loss')).toEqual(keysOf(conditionsInForce(state).filter(({ loss }) => loss)));
  const rated = keysOf(conditionsInForce(state).filter(({ rate }) => rate));
  expect(keysOf([...plan.kernel, ...plan.proxy])).toEqual(rated);
  expect(pairsInKernel(report, 'classes')).toEqual(keysOf(plan.kernel));
  expect(queues.filter(({ parent }) => parent?.startsWith('de7e:'))).toHaveLength(plan.kernel.length);
  const intercepted = plan.intercepted.map(({ client, server }) => `${client} ${server}`);
  expect(pairsInKernel(report, 'intercepted')).toEqual([...new Set(intercepted)].sort());
  const proxied = keysOf([...plan.proxy, ...state.messageFaults]);
  expect(proxied.filter((pair) => !intercepted.includes(pair))).toEqual([]);
}

it(
  `every one of ${COMMANDS_AT_ONCE} commands at once that succeeds is in force until it is healed (seed ${SEED})`,
  async () => {
    const random = seededRandom(SEED);
    const pick = <T>(from: readonly T[]): T => from[random.integerBelow(from.length)] as T;
    const name = box.name();
    const file = join(cwd, 'net.yaml');
    writeFileSync(file, `nodes: [${NODES}]\nlinks: ring`);
    const run = (...args: string[]) => devnet([...args, '--name', name], { cwd });
    const up = await run('up', file, '-d');
    expect(up.status, up.stderr).toBe(0);

    /** Names of faults whose command succeeded, and of those whose heal did. The rest may be either. */
    const inForce = new Set<string>();
    const healed = new Set<string>();
    const failures: string[] = [];
    let count = 0;
    let killed = 0;

    const readSavedState = async (agent: string): Promise<LinkState> =>
      JSON.parse((await execWithInput(engine, agent, ['node', '-p', READ_STATE_FILE], '')).stdout);
    const inject = (fault: string): string[] => {
      const [a, b] = [...NODES].sort(() => random.integerBelow(3) - 1) as [string, string];
      const command = pick([
        ['cut', a, b],
        ['link', a, b, '--loss', `${random.integerBelow(50) + 1}%`, '--one-way'],
        ['partition', `${a} / ${b}`],
        ['link', a, b, '--rate', `${random.integerBelow(50) + 1}mbit`],
        ['messages', a, b, 'drop', '--type', 'gossip', '--probability', '50%'],
      ]);
      return [...command, '--as', fault];
    };
    const isKilled = async (args: string[]): Promise<CommandResult> => {
      const command = start([...args, '--name', name], { cwd });
      const dies = random.integerBelow(1_000) < KILLED_SHARE * 1_000;
      const timer = dies
        ? setTimeout(() => command.child.kill('SIGKILL'), random.integerBelow(MAX_LIFE_MS))
        : undefined;
      const result = await command.finished;
      clearTimeout(timer);
      if (result.signal !== null) killed++;
      else if (result.status !== 0) failures.push(`${args.join(' ')}: exit ${result.status}: ${result.stderr}`);
      return result;
    };
    const deadline = Date.now() + DURATION_MS;
    const workers = Array.from({ length: COMMANDS_AT_ONCE }, async () => {
      while (Date.now() < deadline) {
        const candidates = [...inForce];
        if (candidates.length > 0 && random.integerBelow(3) === 0) {
          const fault = pick(candidates);
          // From here on it may be in force or not.
          inForce.delete(fault);
          if ((await isKilled(['heal', fault])).status === 0) healed.add(fault);
        } else {
          const fault = `f${++count}`;
          if ((await isKilled(inject(fault))).status === 0) inForce.add(fault);
        }
      }
    });

    let looks = 0;
    let still = 0;
    const look = async () => {
      const devnetNow = await findNetworkState(engine, name);
      const [expected, gone] = [[...inForce], [...healed]];
      const read = async () => (await readNetemReport(engine, devnetNow)) as Report | undefined;
      const report = await read();
      // The agent may have been made after the network was looked up.
      if (!report?.state || devnetNow.netemId === undefined) return;
      expectInKernel(report);
      const saved = await readSavedState(devnetNow.netemId);
      const { faults } = await status(engine, devnetNow, { measureRoundTrips: false, probeCapabilities: false });
      const after = (await read()) as Report;
      expectInKernel(after);
      const shown = new Set(faults.map((fault) => fault.name));
      // A fault is injected once and healed once: one that was there before and after was there at every moment between.
      const [before, later] = [faultsOf(report.state), faultsOf(after.state)];
      for (const listed of [before, later, shown, faultsOf(saved)]) {
        // Those that are being healed meanwhile may be gone.
        expect(expected.filter((fault) => inForce.has(fault) && !listed.has(fault))).toEqual([]);
        expect(gone.filter((fault) => listed.has(fault))).toEqual([]);
        expect([...before].filter((fault) => later.has(fault) && !listed.has(fault))).toEqual([]);
      }
      if (report.revision === after.revision) {
        expect(shown).toEqual(before);
        expect(saved).toEqual(report.state);
        still++;
      }
      looks++;
    };
    const watching = (async () => {
      while (Date.now() < deadline) {
        await look();
        await wait(200);
      }
    })();
    await Promise.all([...workers, watching]);
    expect(failures, failures.join('')).toEqual([]);
    await look();
    expect(still).toBeGreaterThan(0);
    const { faults } = JSON.parse((await run('status', '--json')).stdout) as { faults: { name: string }[] };
    expect(faults.map((fault) => fault.name)).toEqual(expect.arrayContaining([...inForce]));

    expect((await Promise.all([run('heal'), run('heal')])).map(({ status }) => status)).toEqual([0, 0]);
    const left = (await readNetemReport(engine, await findNetworkState(engine, name))) as Report;
    expect([...faultParts(left.state), ...conditionsInForce(left.state)]).toEqual([]);
    // Of the rules, only those are left that lead connections which are still open through the proxy.
    expectInKernel(left);
    expect((await run('link')).stdout).not.toMatch(/cut|loss|rate/);
    expect(looks).toBeGreaterThan(0);
    expect(inForce.size + healed.size).toBeGreaterThan(0);
    process.stdout.write(
      `${count} faults, ${healed.size} healed, ${killed} commands killed, ${looks} looks, ${still} while nothing changed\n`,
    );
  },
  DURATION_MS + 120_000,
);
