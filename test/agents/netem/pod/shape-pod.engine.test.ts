import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../../support/until.ts';
import { Testbed, type TestbedHost } from '../testbed.ts';

let testbed: Testbed;
beforeAll(async () => {
  testbed = await Testbed.make(3);
});
afterAll(() => testbed.close());

it('shapes what a pod sends to one host, and nothing else', async () => {
  const [a, b, c] = testbed.hosts as [TestbedHost, TestbedHost, TestbedHost];
  for (const host of [b, c]) await host.send({ op: 'listen', port: 3000 });
  const inside = ['-t', String(a.child.pid), '-n'];
  const links = JSON.stringify([
    { host: b.node.address, rate: 8_000_000 },
    { host: 'nobody.invalid', rate: 1_000 },
  ]);
  const agent = spawn('nsenter', [...inside, process.execPath, join(testbed.folder, 'netem.cjs'), 'pod', links]);
  let output = '';
  agent.stdout.on('data', (data) => {
    output += data;
  });
  const ended = new Promise((resolve) => agent.once('exit', resolve));
  try {
    await until(() => output.includes('link_conditions'), 'the conditions to be applied');
    expect(JSON.parse(output)).toMatchObject({ event: 'link_conditions', to: b.node.address, rate: 8_000_000 });
    const shapedBytes = async () => {
      const classes = await testbed.sh(`nsenter ${inside.join(' ')} tc -s class show dev eth0`);
      return Number(/Sent (\d+) bytes/.exec(classes)?.[1]);
    };
    const blast = async (to: TestbedHost) => {
      await a.dial(to.node.name, to);
      const before = await shapedBytes();
      await a.send({ op: 'blast', connection: to.node.name, bytes: 200_000 });
      const received = () => to.eventsOf('data').reduce((sum, { bytes }) => sum + bytes, 0);
      await until(() => received() >= 200_000, `the bytes to reach ${to.node.name}`);
      return (await shapedBytes()) - before;
    };
    // In this order: the end of what b got may be sent once more.
    expect(await blast(c)).toBe(0);
    expect(await blast(b)).toBeGreaterThan(200_000);
  } finally {
    agent.kill();
    expect(await ended).toBe(0);
  }
});
