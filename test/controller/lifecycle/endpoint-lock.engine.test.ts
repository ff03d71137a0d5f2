import { expect, it } from 'vitest';
import { compareVersions } from '../../../src/engine/connection/engine.ts';
import { watchNetwork } from '../../../src/engine/events.ts';
import { lockName } from '../../../src/engine/network-lock.ts';
import { start } from '../../support/cli.ts';
import { startLockHolder } from '../../support/lock-holder.ts';
import { sandbox } from '../../support/sandbox.ts';

const { engine, up } = await sandbox();
const miscounts = engine.flavour === 'docker' && compareVersions(engine.api, '1.49') < 0;

it.runIf(miscounts)('heal and down in processes of their own change the endpoints of a network in turns', async () => {
  const { devnet } = await up('nodes: [a, b, c, d]\nlinks: ring');
  const network = devnet.network!;
  const run = (...args: string[]) => start(args).finished;
  for (const node of ['a', 'b', 'c']) expect((await run('kill', `${devnet.name}/${node}`)).status).toBe(0);

  const changes: string[] = [];
  const watching = new AbortController();
  await watchNetwork(
    engine,
    network.id,
    watching.signal,
    ({ action }) => changes.push(action),
    () => {},
  );
  const holder = await startLockHolder(lockName(network.id));
  const heals = [run('heal', `${devnet.name}/a`), run('heal', 'b', 'c', '--name', devnet.name)];
  await holder.untilWaiting(2);
  const down = run('down', devnet.name);
  await holder.untilWaiting(1);
  expect(changes).toEqual([]);
  holder.child.kill('SIGKILL');
  expect((await down).status).toBe(0);
  for (const { status, stderr } of await Promise.all(heals)) {
    // Whoever is overtaken by the other says so.
    if (status !== 0) expect(stderr).toMatch(/taken down meanwhile|there is no network|only remains/);
  }
  expect(changes).toContain('disconnect');
  watching.abort();
});
