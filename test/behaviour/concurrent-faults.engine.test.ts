import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { conditionsInForce, faultParts, type LinkState } from '../../src/agents/netem/state/link-state.ts';
import { readNetemReport } from '../../src/controller/links/link-state.ts';
import { findNetworkState } from '../../src/controller/state/network-state.ts';
import { seededRandom } from '../../src/shared/seeded-random.ts';
import { type CommandResult, devnet, start } from '../support/cli.ts';
import { nftTables } from '../support/engine-host.ts';
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

/** The netem agent's report: its state, and the kernel's rules read at the same moment. */
interface Report {
  state?: LinkState;
  rules: { set?: { name: string; elem?: unknown[] }; map?: { name: string; elem?: unknown[] } }[][];
}

/** Returns what a set or map of the kernel's rules has as keys, `from to`. */
function pairsInKernel({ rules }: Report, name: string): string[] {
  const objects = rules.flat().flatMap(({ set, map }) => set ?? map ?? []);
  const elements = objects.find((object) => object.name === name)?.elem ?? [];
  return elements.map((element) => {
    const key = Array.isArray(element) ? element[0] : element;
    return (key as { concat: string[] }).concat.join(' ');
  });
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

    const inject = (fault: string): string[] => {
      const [a, b] = [...NODES].sort(() => random.integerBelow(3) - 1) as [string, string];
      const command = pick([
        ['cut', a, b],
        ['link', a, b, '--loss', `${random.integerBelow(50) + 1}%`, '--one-way'],
        ['partition', `${a} / ${b}`],
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
    const look = async () => {
      const devnetNow = await findNetworkState(engine, name);
      const [expected, gone] = [[...inForce], [...healed]];
      const report = (await readNetemReport(engine, devnetNow)) as Report | undefined;
      if (!report?.state) return;
      const faults = faultParts(report.state).map(({ fault }) => fault);
      // Those that are being healed meanwhile may be gone.
      expect(expected.filter((fault) => inForce.has(fault) && !faults.includes(fault))).toEqual([]);
      expect(gone.filter((fault) => faults.includes(fault))).toEqual([]);
      const cuts = report.state.cuts.flatMap(({ from, to }) =>
        from.flatMap((one) => to.map((other) => `${one} ${other}`)),
      );
      expect(pairsInKernel(report, 'cut_pairs').sort()).toEqual([...new Set(cuts)].sort());
      const lossy = conditionsInForce(report.state).filter(({ loss }) => loss);
      expect(pairsInKernel(report, 'loss').sort()).toEqual(lossy.map(({ from, to }) => `${from} ${to}`).sort());
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
    const { faults } = JSON.parse((await run('status', '--json')).stdout) as { faults: { name: string }[] };
    expect(faults.map((fault) => fault.name)).toEqual(expect.arrayContaining([...inForce]));

    expect((await Promise.all([run('heal'), run('heal')])).map(({ status }) => status)).toEqual([0, 0]);
    expect(await nftTables(engine)).not.toContain(`devnet-${name}`);
    expect((await run('link')).stdout).not.toMatch(/cut|loss/);
    expect(looks).toBeGreaterThan(0);
    expect(inForce.size + healed.size).toBeGreaterThan(0);
    process.stdout.write(`${count} faults, ${healed.size} healed, ${killed} commands killed, ${looks} looks\n`);
  },
  DURATION_MS + 120_000,
);
