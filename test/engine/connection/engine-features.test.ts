import { expect, it } from 'vitest';
import { dockerFeatures, podmanFeatures } from '../../../src/engine/connection/engine-features.ts';

const all = { limits: true, usage: true, pause: true, hostBridges: true };

it.each([
  ['as root', 'v1', ['cpu', 'memory'], false, all],
  ['as root on cgroup v2', 'v2', null, false, all],
  ['without root on cgroup v1', 'v1', [], true, { limits: false, usage: false, pause: false, hostBridges: false }],
  ['without root, with both controllers', 'v2', ['cpu', 'memory', 'pids'], true, { ...all, hostBridges: false }],
  [
    'without root, as systemd delegates',
    'v2',
    ['memory', 'pids'],
    true,
    { limits: false, usage: false, pause: true, hostBridges: false },
  ],
  [
    'without root, without controllers',
    'v2',
    null,
    true,
    { limits: false, usage: false, pause: true, hostBridges: false },
  ],
])('what Podman can do %s', (_, cgroupVersion, cgroupControllers, rootless, features) => {
  const { description, alternative, ...found } = podmanFeatures('5.8.6', {
    cgroupVersion,
    cgroupControllers,
    security: { rootless },
  });
  expect(found).toEqual(features);
  expect(description).toBe(rootless ? `Podman 5.8.6 without root (cgroup ${cgroupVersion})` : 'Podman 5.8.6');
  expect(alternative).toBe('an engine that runs as root');
});

const everyGroup = { MemoryLimit: true, CpuCfsPeriod: true, CpuCfsQuota: true };

it.each([
  ['every control group', everyGroup, all, ''],
  ['a report without these fields', {}, all, ''],
  [
    'no memory controller, as on Raspberry Pi OS',
    { ...everyGroup, MemoryLimit: false },
    { ...all, limits: false, usage: false },
    ' without control groups of memory',
  ],
  [
    'no processor quota',
    { ...everyGroup, CpuCfsQuota: false },
    { ...all, limits: false },
    ' without control groups of processor',
  ],
  [
    'no control groups, as without root on cgroup v1',
    { MemoryLimit: false, CpuCfsPeriod: false, CpuCfsQuota: false },
    { ...all, limits: false, usage: false },
    ' without control groups of memory and processor',
  ],
])('what Docker can do with %s', (_, report, features, lack) => {
  const { description, alternative, ...found } = dockerFeatures('28.2.2', report);
  expect(found).toEqual(features);
  expect(description).toBe(`Docker 28.2.2${lack}`);
  expect(alternative).toBe('an engine that has the control groups of memory and processor');
});
