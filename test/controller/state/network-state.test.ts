import { expect, it } from 'vitest';
import { LABEL, labelsFor } from '../../../src/controller/state/labels.ts';
import { observe } from '../../../src/controller/state/network-state.ts';
import type { Engine } from '../../../src/engine/connection/engine.ts';

/** Returns where a node is instead of 10.64.0.2, by what the engine says of it. */
async function misplacement(
  endpoint: { IPAddress?: string; MacAddress?: string } | undefined,
  { state = 'running', version = '29.4.0', flavour = 'docker' } = {},
): Promise<string | undefined> {
  const network = { Id: 'id', Name: 'devnet.net', Labels: labelsFor('net', 'run', 'network'), Created: '2026-01-01' };
  const node = {
    Id: 'node',
    Names: ['/devnet.net.a'],
    State: state,
    Labels: {
      ...labelsFor('net', 'run', 'node'),
      [LABEL.node]: 'a',
      [LABEL.port]: '3000',
      [LABEL.address]: '10.64.0.2',
    },
    NetworkSettings: { Networks: endpoint === undefined ? {} : { 'devnet.net': endpoint } },
  };
  const docker = { listContainers: async () => [node], listNetworks: async () => [network] };
  const engine = { docker, version, flavour } as unknown as Engine;
  return (await observe(engine, 'net'))?.nodes[0]?.misplacement;
}

const OWN = { IPAddress: '10.64.0.2', MacAddress: '02:42:0a:40:00:02' };
const BY_HAND = { ...OWN, MacAddress: '5e:11:22:33:44:55' };

it('a node is where it was declared, as far as the engine says', async () => {
  expect(await misplacement(OWN)).toBeUndefined();
  expect(await misplacement({ IPAddress: '10.64.0.2' })).toBeUndefined();
  expect(await misplacement({ ...BY_HAND, IPAddress: '' }, { state: 'exited' })).toBeUndefined();
});

it('or off its network, at another address, or at its own with another hardware address', async () => {
  expect(await misplacement(undefined)).toBe('off its network');
  expect(await misplacement({ ...OWN, IPAddress: '10.64.0.9' })).toBe('at 10.64.0.9 instead of 10.64.0.2');
  expect(await misplacement(BY_HAND)).toBe('at its address with another hardware address');
  expect(await misplacement(BY_HAND, { state: 'paused' })).toBe('at its address with another hardware address');
  expect(await misplacement(BY_HAND, { state: 'exited' })).toBeUndefined();
});

it.each(['20.10.24', '28.5.2+dfsg4', '29.2.1'])(
  'but for Docker %s, which would put it back with any hardware address',
  async (version) => {
    expect(await misplacement(BY_HAND, { version })).toBeUndefined();
  },
);
