import type { DockerVersion } from 'dockerode';
import { describe, expect, it } from 'vitest';
import { compareVersions, flavourOf } from '../../../src/engine/connection/engine.ts';
import { maxParallelContainers } from '../../../src/engine/endpoint-count-workaround.ts';

/** As much of an engine's answer as tells whose it is. */
const answer = (...names: string[]) =>
  ({ Components: names.map((Name) => ({ Name, Version: '1', Details: {} })) }) as unknown as DockerVersion;

describe('flavourOf', () => {
  it.each([
    ['docker', answer('Engine', 'containerd', 'runc', 'docker-init')],
    ['podman', answer('Podman Engine', 'Conmon', 'OCI Runtime (runc)')],
    ['docker', answer()],
    ['docker', {} as DockerVersion],
  ] as const)('is %s', (flavour, version) => {
    expect(flavourOf(version)).toBe(flavour);
  });
});

describe('compareVersions', () => {
  it.each([
    ['1.41', '1.41', 0],
    ['1.9', '1.41', -1],
    ['1.51', '1.49', 1],
    ['2', '1.99', 1],
    ['28.1', '28.1.0', 0],
    ['28.1', '28.1.1', -1],
  ])('of %s and %s has the sign of %i', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });
});

describe('maxParallelContainers', () => {
  it.each([
    ['docker', '1.41', 6],
    ['docker', '1.48', 6],
    ['docker', '1.49', 16],
    ['docker', '1.51', 16],
    ['podman', '1.44', 6],
  ] as const)('of %s with API %s is %i', (flavour, api, parallel) => {
    expect(maxParallelContainers({ flavour, api })).toBe(parallel);
  });
});
