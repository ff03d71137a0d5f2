import { expect, it } from 'vitest';
import { podmanFeatures } from '../../../src/engine/connection/engine-features.ts';

const all = { limits: true, pause: true, hostBridges: true };

it.each([
  ['as root', 'v1', ['cpu', 'memory'], false, all],
  ['as root on cgroup v2', 'v2', null, false, all],
  ['without root on cgroup v1', 'v1', [], true, { limits: false, pause: false, hostBridges: false }],
  ['without root, with both controllers', 'v2', ['cpu', 'memory', 'pids'], true, { ...all, hostBridges: false }],
  [
    'without root, as systemd delegates',
    'v2',
    ['memory', 'pids'],
    true,
    { limits: false, pause: true, hostBridges: false },
  ],
  ['without root, without controllers', 'v2', null, true, { limits: false, pause: true, hostBridges: false }],
])('what Podman can do %s', (_, cgroupVersion, cgroupControllers, rootless, features) => {
  const { description, ...found } = podmanFeatures('5.8.6', {
    cgroupVersion,
    cgroupControllers,
    security: { rootless },
  });
  expect(found).toEqual(features);
  expect(description).toBe(rootless ? `Podman 5.8.6 without root (cgroup ${cgroupVersion})` : 'Podman 5.8.6');
});
