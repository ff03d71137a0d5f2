import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../../support/until.ts';
import { between, kernelHasNetem, Testbed, type TestbedHost } from '../testbed.ts';

const netem = kernelHasNetem();
if (!netem)
  process.stdout.write('this kernel has no sch_netem: its delay, duplicate, reorder and corrupt are not tested\n');

let testbed: Testbed;
let a: TestbedHost;
let b: TestbedHost;

/** Sends numbered datagrams from `a` to `b`; returns the numbers received, in order. */
async function arriving(count: number): Promise<number[]> {
  await b.send({ op: 'collect', port: 4000 });
  await a.send({ op: 'datagrams', host: b.node.address, port: 4000, count });
  let before = -1;
  for (;;) {
    const { numbers } = await b.send<{ numbers: number[] }>({ op: 'collected' });
    if (numbers.length > 0 && numbers.length === before) return numbers;
    before = numbers.length;
    // Longer than the delays below: a datagram that has not arrived by then is lost.
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** Returns how many arrived right after one that was sent later. */
const overtaken = (numbers: readonly number[]): number =>
  numbers.filter((number, at) => at > 0 && number < (numbers[at - 1] as number)).length;

describe.skipIf(!netem)('a link that the kernel shapes', () => {
  beforeEach(async () => {
    testbed = await Testbed.make(2);
    [a, b] = testbed.hosts as [TestbedHost, TestbedHost];
    for (const end of [a, b]) await end.send({ op: 'listen', port: 3000 });
    await testbed.serve();
  });
  afterEach(() => testbed.close());

  /** Returns the shortest of twenty delays there, and of as many back, in milliseconds. */
  async function quickest(connection: string): Promise<[there: number, back: number]> {
    const { localPort } = await a.dial(connection, b);
    const name = `${a.node.address}:${localPort}`;
    const ways: [number, number][] = [];
    for (let round = 0; round < 20; round++) {
      const { at: left } = await a.send<{ at: number }>({ op: 'write', connection, text: 'x' });
      const { at: arrived } = await until(() => b.eventsOf('data', name)[round], 'the way there');
      const { at: returned } = await b.send<{ at: number }>({ op: 'write', connection: name, text: 'y' });
      const { at: ended } = await until(() => a.eventsOf('data', connection)[round], 'the way back');
      ways.push([arrived - left, ended - returned]);
    }
    return [Math.min(...ways.map(([there]) => there)), Math.min(...ways.map(([, back]) => back))];
  }

  it('delays each direction as declared, and changes delays in place', async () => {
    // An emulated machine adds milliseconds of its own.
    const [bare] = await quickest('bare');
    for (const [there, back] of [
      [50, 20],
      [120, 0],
    ] as const) {
      const conditions = [between(a, b, { delay: there }), ...(back ? [between(b, a, { delay: back })] : [])];
      expect(await testbed.apply({ conditions })).toMatchObject({
        kernel: conditions.length,
        relay: 0,
        intercepted: 0,
        away: [],
      });
      const measured = await quickest(`c${there}`);
      expect(measured[0]).toBeGreaterThan(there - 1);
      expect(measured[0]).toBeLessThan(bare + there + Math.max(1, there * 0.05));
      expect(measured[1]).toBeGreaterThan(back - 1);
    }
  });

  it('delays what a pod sends, from within its own namespace', async () => {
    const [bare] = await quickest('bare');
    const links = JSON.stringify([{ host: b.node.address, delay: 60, loss: 0 }]);
    const command = [
      '-t',
      String(a.child.pid),
      '-n',
      process.execPath,
      join(testbed.folder, 'netem.cjs'),
      'pod',
      links,
    ];
    const agent = spawn('nsenter', command, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(agent.stdout, 'data');
      const [there, back] = await quickest('delayed');
      expect(there).toBeGreaterThan(59);
      expect(there).toBeLessThan(bare + 63);
      expect(back).toBeLessThan(60);
    } finally {
      agent.kill();
    }
  });

  it('varies delays without reordering', async () => {
    await testbed.apply({ conditions: [between(a, b, { delay: 50, jitter: 40 })] });
    const numbers = await arriving(300);
    expect([...numbers].sort((one, other) => one - other)).toEqual(Array.from({ length: 300 }, (_, index) => index));
    // With reordering, every second packet would come after its successor. A few are swapped when the kernel continues with a
    // queue on another processor while packets from the first are still on their way to the node.
    expect(overtaken(numbers)).toBeLessThan(30);
  });

  it('duplicates packets', async () => {
    await testbed.apply({ conditions: [between(a, b, { duplicate: 0.2 })] });
    const numbers = await arriving(2_000);
    expect(new Set(numbers).size).toBe(2_000);
    expect(Math.abs(numbers.length / 2_000 - 1.2)).toBeLessThan(4 * Math.sqrt((0.2 * 0.8) / 2_000));
  });

  it('reorders packets', async () => {
    await testbed.apply({ conditions: [between(a, b, { delay: 100, reorder: 0.25 })] });
    const numbers = await arriving(400);
    expect([...numbers].sort((one, other) => one - other)).toEqual(Array.from({ length: 400 }, (_, index) => index));
    expect(overtaken(numbers)).toBeGreaterThan(0);
  });

  it('corrupts packets, so that checksums fail, until the condition is removed', async () => {
    await testbed.apply({ conditions: [between(a, b, { corrupt: 0.3, delay: 1 })] });
    const numbers = await arriving(1_000);
    expect(Math.abs(numbers.length / 1_000 - 0.7)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / 1_000));
    await testbed.apply({ conditions: [between(a, b, { delay: 1 })] });
    await a.send({ op: 'datagrams', host: b.node.address, port: 4000, count: 500 });
    const total = async () => (await b.send<{ datagrams: number }>({ op: 'collected' })).datagrams;
    await expect.poll(total, { timeout: 10_000 }).toBe(numbers.length + 500);
  });

  it('leaves nothing behind', async () => {
    await testbed.apply({ conditions: [between(a, b, { delay: 10 })] });
    expect(await testbed.sh('tc qdisc show')).toContain('netem');
    await testbed.runCommand('clear');
    expect(await testbed.sh('tc qdisc show')).not.toMatch(/netem|htb/);
  });
});
