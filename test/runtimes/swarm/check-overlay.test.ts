import { expect, it } from 'vitest';
import { checkOverlay, type OverlayKernel } from '../../../src/runtimes/swarm/check-overlay.ts';

it.each<[string, OverlayKernel, string[]]>([
  ['nothing, with all there is', { hasVxlan: true, dataPath: { name: 'eth0', mtu: 1_500 } }, []],
  ['nothing, where nothing can be told', { hasVxlan: undefined, dataPath: undefined }, []],
  ['nothing of large packets', { hasVxlan: true, dataPath: { name: 'eth0', mtu: 9_000 } }, []],
  [
    'a kernel without VXLAN',
    { hasVxlan: false, dataPath: undefined },
    ['fails: its kernel has no VXLAN -> modprobe vxlan on alpha;'],
  ],
  [
    'packets one byte too small',
    { hasVxlan: true, dataPath: { name: 'ens4', mtu: 1_499 } },
    [
      'warns: ens4 carries packets of 1499 bytes, and those of the overlay take 1500: 1450 and 50 of VXLAN -> ip link set ens4 mtu 1500 on alpha,',
    ],
  ],
  [
    'both',
    { hasVxlan: false, dataPath: { name: 'e', mtu: 1_400 } },
    ['fails: its kernel', 'warns: e carries packets of 1400'],
  ],
])('says of the overlay: %s', (_, kernel, expected) => {
  const said = checkOverlay('alpha', kernel).map(({ verdict, found, fix }) => `${verdict}: ${found} -> ${fix}`);
  expect(said).toEqual(expected.map((text) => expect.stringContaining(text)));
});
