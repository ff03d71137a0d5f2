import { afterEach, expect, it } from 'vitest';
import { createDirectDialer, type Dialer } from '../../src/network/dialer.ts';
import { queryNodes } from '../../src/network/node-reports.ts';
import type { PeerControl } from '../../src/network/peer-control/peer-control.ts';
import type { RunningNode } from '../../src/network/running-network.ts';
import { cleanUp, startNode } from '../support/test-node.ts';

afterEach(cleanUp);

/** Starts two nodes, and counts the connections that are dialed to them. */
async function startNetwork() {
  const nodes: RunningNode[] = [];
  for (const name of ['a', 'b']) nodes.push({ name, state: 'running', ...(await startNode({ name })).address });
  const direct = createDirectDialer('127.0.0.1');
  const dialed: number[] = [];
  const dialer: Dialer = {
    ...direct,
    connect: (host, port, timeoutMs) => {
      dialed.push(port);
      return direct.connect(host, port, timeoutMs);
    },
  };
  const readNames = async (kept?: Map<string, PeerControl>) => {
    const statuses = await queryNodes({ dialer }, nodes, (control) => control.readStatus(), kept);
    return statuses.map((status) => (status as { name: string }).name);
  };
  return { nodes, dialed, readNames };
}

it('dials nodes anew for each query', async () => {
  const { dialed, readNames } = await startNetwork();
  expect(await readNames()).toEqual(['a', 'b']);
  expect(await readNames()).toEqual(['a', 'b']);
  expect(dialed).toHaveLength(4);
});

it('keeps the connections that the caller closes', async () => {
  const { dialed, readNames } = await startNetwork();
  const kept = new Map<string, PeerControl>();
  expect(await readNames(kept)).toEqual(['a', 'b']);
  expect(await readNames(kept)).toEqual(['a', 'b']);
  expect(dialed).toHaveLength(2);
  for (const control of kept.values()) control.close();
  expect(await readNames(kept)).toEqual(['a', 'b']);
  expect(dialed).toHaveLength(4);
  for (const control of kept.values()) control.close();
});

it('leaves out nodes that do not run', async () => {
  const { nodes, dialed } = await startNetwork();
  const [one, other] = nodes as [RunningNode, RunningNode];
  const dialer = createDirectDialer('127.0.0.1');
  const names = await queryNodes({ dialer }, [{ ...one, state: 'exited' }, other], async () => 'asked');
  expect(names).toEqual([undefined, 'asked']);
  expect(dialed).toEqual([]);
});
