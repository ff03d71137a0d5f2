import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listContainers } from '../../src/engine/containers.ts';
import { listNetworks } from '../../src/engine/networks.ts';
import { seededRandom } from '../../src/shared/seeded-random.ts';
import { devnet, start } from '../support/cli.ts';
import { nftTables } from '../support/engine-host.ts';
import { sandbox } from '../support/sandbox.ts';

const box = await sandbox();
const { engine } = box;
const cwd = mkdtempSync(join(tmpdir(), 'devnet-faults-'));

/** Number of faults; `npm run soak` does 200. */
const FAULTS = process.env.DEVNET_SOAK === undefined ? 10 : Number(process.env.DEVNET_SOAK) * 2;
const SEED = Number(process.env.DEVNET_SEED ?? Date.now() % 1_000_000);
const NODES = ['a', 'b', 'c', 'd'];

it(
  `after ${FAULTS} random fault commands, some of them killed, up restores the declared network and down leaves nothing (seed ${SEED})`,
  async () => {
    const random = seededRandom(SEED);
    const pick = <T>(from: readonly T[]): T => from[random.integerBelow(from.length)] as T;
    const pair = () => {
      const [a, b] = [pick(NODES), pick(NODES)];
      return a === b ? [NODES[0]!, NODES[1]!] : [a, b];
    };
    const commands: (() => string[])[] = [
      () => ['partition', pick(['halves', 'one-alone', 'bridge', 'a,b / c,d'])],
      () => ['cut', ...pair(), '--one-way'],
      () => ['link', ...pair(), '--loss', `${random.integerBelow(50) + 1}%`],
      () => ['link', ...pair(), '--delay', `${random.integerBelow(50) + 1}ms`],
      () => ['link', ...pair(), '--clear'],
      () => ['messages', ...pair(), pick(['drop', 'duplicate']), '--type', 'gossip'],
      () => ['kill', pick(NODES)],
      () => ['squeeze', pick(NODES), '--cpus', '0.5'],
      () => ['heal'],
      () => ['heal', pick(NODES)],
    ];
    const name = box.name();
    const file = join(cwd, 'net.yaml');
    writeFileSync(file, `nodes: [${NODES}]\nlinks:\n  - a <-> b <-> c <-> d\n  - { link: d <-> a, loss: 1% }`);
    const up = () => devnet(['up', file, '--name', name, '-d'], { cwd });
    const first = await up();
    expect(first.status, first.stderr).toBe(0);
    const done: string[] = [];
    for (let count = 0; count < FAULTS; count++) {
      const command = pick(commands)();
      const running = start([...command, '--name', name], { cwd });
      const killed = random.chance(0.3);
      if (killed) setTimeout(() => running.child.kill('SIGKILL'), random.integerBelow(1_200));
      const { status, signal, stderr } = await running.finished;
      done.push(`${command.join(' ')}: ${signal ?? status}`);
      // A command may be refused, for example the kill of a node that is down, but it must not crash.
      expect(stderr, done.join('\n')).not.toMatch(/^\s+at |TypeError|unhandled/im);
    }
    const again = await up();
    expect(again.status, `${done.join('\n')}\n${again.stderr}`).toBe(0);
    const links = await devnet(['link', '--name', name, '--json'], { cwd });
    expect(JSON.parse(links.stdout).filter((row: object) => Object.keys(row).length > 2)).toEqual([
      { from: 'd', to: 'a', loss: 0.01 },
      { from: 'a', to: 'd', loss: 0.01 },
    ]);
    expect((await devnet(['status', name], { cwd })).status, done.join('\n')).toBe(0);
    expect((await devnet(['down', name], { cwd })).status).toBe(0);
    expect(await listContainers(engine, `devnet.name=${name}`)).toEqual([]);
    expect(await listNetworks(engine, `devnet.name=${name}`)).toEqual([]);
    expect(await nftTables(engine)).not.toContain(`devnet-${name}`);
  },
  (FAULTS + 20) * 15_000,
);
