import { describe, expect, it } from 'vitest';
import { devnet, start } from '../support/cli.ts';
import { hasNamespaces } from '../support/namespaces.ts';
import { describeCaptures } from './capture-contract.ts';

describe.skipIf(!hasNamespaces)('in namespaces', () => describeCaptures('namespaces'));

it('in one process, packets are refused by name', async () => {
  const name = `capture-process-${process.pid}`;
  const up = start(['up', '-', '--name', name, '--engine', 'process'], { input: 'nodes: [a]' });
  await up.waitForOutput('is up');
  const { status, stderr } = await devnet(['capture', '--name', name, '--for', '1s', '-w', '/dev/null']);
  expect({ status, stderr }).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('the process runtime does not support: capture'),
  });
  up.child.kill('SIGINT');
  await up.finished;
  const declared = await devnet(['up', '-', '--name', name, '--engine', 'process'], {
    input: 'nodes: [a]\ncapture: true',
  });
  expect(declared.stderr).toContain('the process runtime does not support: capture: true');
});
