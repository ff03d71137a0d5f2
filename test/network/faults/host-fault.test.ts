import { describe, expect, it } from 'vitest';
import type { HostFault } from '../../../src/network/fault.ts';
import { describeFaults } from '../../../src/network/faults/describe-fault.ts';
import { faultsOnNodes } from '../../../src/network/faults/host-fault.ts';
import type { RunningNode } from '../../../src/network/running-network.ts';

const node = (name: string, onHost: string, state: RunningNode['state'] = 'running'): RunningNode => ({
  name,
  onHost,
  state,
  host: '10.0.0.1',
  port: 4000,
});
const NODES = [
  node('a', 'alpha'),
  node('b', 'beta'),
  node('c', 'beta', 'exited'),
  node('d', 'beta', 'paused'),
  node('e', 'gamma'),
];
const expand = (host: string, action: HostFault['action'], nodes = NODES) =>
  describeFaults(faultsOnNodes('net', { kind: 'host', host, action }, nodes));

describe('a fault on a host', () => {
  it.each<[HostFault['action'], string]>([
    ['cut', 'cut b, c, d / a, e'],
    ['pause', 'pause b'],
    ['kill', 'kill b; kill d'],
  ])('%s is on its nodes', (action, expected) => expect(expand('beta', action)).toBe(expected));

  it('is none where no node can be hit', () => {
    expect(expand('beta', 'pause', [node('a', 'alpha'), node('c', 'beta', 'exited')])).toBe('nothing');
  });

  it('fails for a host without nodes, with the hosts that have some', () => {
    expect(() => expand('delta', 'kill')).toThrow(
      expect.objectContaining({
        message: 'no node of "net" is on a host "delta"',
        hint: 'its nodes are on alpha, beta, gamma; devnet status shows the host of each',
      }),
    );
  });

  it('fails for a cut of the only host', () => {
    expect(() => expand('alpha', 'cut', [node('a', 'alpha')])).toThrow('there is nothing to cut it off from');
  });
});
