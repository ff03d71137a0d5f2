import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lockName, lockNetwork } from '../../src/engine/network-lock.ts';
import { startLockHolder } from '../support/lock-holder.ts';
import { until } from '../support/until.ts';

/** Returns how many sockets of this machine have an abstract name: one that listens, and those that were accepted. */
const socketsOf = (name: string): number =>
  readFileSync('/proc/net/unix', 'utf8').split(`@${name.slice(1)}`).length - 1;

describe.skipIf(process.platform !== 'linux')('lockNetwork', () => {
  it('is held by one at a time, and those that wait come before whoever had it', async () => {
    const id = randomUUID();
    const order: string[] = [];
    const first = await lockNetwork(id);
    const late = lockNetwork(id).then(async (release) => {
      order.push('late');
      await release();
    });
    await until(() => socketsOf(lockName(id)), 'the other one to wait', { accept: (count) => count === 2 });
    expect(order).toEqual([]);
    await first();
    const again = await lockNetwork(id);
    order.push('again');
    await again();
    await late;
    expect(order).toEqual(['late', 'again']);
  });

  it('does not keep other networks waiting', async () => {
    const releases = await Promise.all([lockNetwork(randomUUID()), lockNetwork(randomUUID())]);
    await Promise.all(releases.map((release) => release()));
  });

  it('is given back by the kernel when its process is killed', async () => {
    const id = randomUUID();
    const holder = await startLockHolder(lockName(id));
    let isLocked = false;
    const locked = lockNetwork(id).then((release) => {
      isLocked = true;
      return release;
    });
    await holder.untilWaiting(1);
    expect(isLocked).toBe(false);
    holder.child.kill('SIGKILL');
    await once(holder.child, 'exit');
    await (await locked)();
  });

  it('is done without, and not waited for again, where its holder does not give it back', async () => {
    const id = randomUUID();
    const holder = await startLockHolder(lockName(id));
    await (await lockNetwork(id, 50))();
    await holder.untilWaiting(1);
    // A second wait would be as long as the longest that is allowed.
    await (await lockNetwork(id))();
    holder.child.kill('SIGKILL');
    await once(holder.child, 'exit');
  });
});
