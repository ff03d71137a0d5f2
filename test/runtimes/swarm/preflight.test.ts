import { describe, expect, it } from 'vitest';
import type { SwarmNode } from '../../../src/engine/swarm/swarm-nodes.ts';
import { checkSwarm } from '../../../src/runtimes/swarm/preflight.ts';
import { parseTopology } from '../../../src/topology/index.ts';

const GIBIBYTE = 1024 ** 3;
const host = (name: string, other: Partial<SwarmNode> = {}): SwarmNode => ({
  id: name,
  name,
  isManager: name === 'alpha',
  isReady: true,
  isActive: true,
  address: '10.0.0.1',
  version: '28.5.2',
  architecture: 'amd64',
  cores: 4,
  memoryBytes: 8 * GIBIBYTE,
  labels: {},
  ...other,
});
const topology = (yaml: string) => parseTopology(yaml, { file: 'net.yaml', name: 'net' });
const check = (
  yaml: string,
  hosts: readonly SwarmNode[],
  kept: [string, string][] = [],
  obstacles: [string, string][] = [],
) => {
  const usable = hosts.filter(({ isReady, isActive, name }) => isReady && isActive && !new Map(obstacles).has(name));
  const checks = checkSwarm(topology(yaml), hosts, usable, new Map(kept), new Map(obstacles));
  return checks.map(
    ({ what, verdict, found, fix }) => `${verdict} ${what}: ${found}${fix === undefined ? '' : ` -> ${fix}`}`,
  );
};

describe('checkSwarm', () => {
  it('shows hosts with their room and nodes', () => {
    expect(check('nodes: [a, b, c]', [host('alpha'), host('beta')])).toEqual([
      'fine host alpha: manager, Docker 28.5.2, 4 cores, 8.0 GiB; 2 nodes: a, c',
      'fine host beta: worker, Docker 28.5.2, 4 cores, 8.0 GiB; 1 node: b',
    ]);
  });

  it('spreads nodes by a label, and fails where no host has it', () => {
    const yaml = 'defaults: { spread: region }\nnodes: { a: , b: , c: , d: { host: alpha } }';
    const hosts = [host('alpha', { labels: { region: 'eu' } }), host('beta', { labels: { region: 'us' } })];
    expect(check(yaml, hosts).map((line) => line.replace(/.*; /, ''))).toEqual(['2 nodes: b, d', '2 nodes: a, c']);
    expect(check('nodes: { a: { spread: rack } }', hosts).filter((line) => line.startsWith('fails'))).toEqual([
      'fails placement: to spread a by rack, hosts need that label -> docker node update --label-add rack=VALUE HOST, on the manager',
    ]);
  });

  it('puts nodes on hosts that meet their constraints, and fails where none does', () => {
    const hosts = [host('alpha', { labels: { region: 'eu' } }), host('beta', { labels: { region: 'us' } })];
    const yaml = 'nodes: { a: { constraints: region == us }, b: { constraints: [region != eu] } }';
    expect(check(yaml, hosts).map((line) => line.replace(/.*; /, ''))).toEqual(['no nodes', '2 nodes: a, b']);
    const unmet = check('nodes: { a: { constraints: [region == eu, disk == ssd] }, b: {} }', hosts);
    expect(unmet.filter((line) => line.startsWith('fails'))).toEqual([
      'fails placement: no host meets region==eu and disk==ssd, as a must have it -> docker node update --label-add region=eu --label-add disk=ssd HOST, on the manager',
    ]);
  });

  it.each([
    [
      'is down',
      [host('alpha'), host('beta', { isReady: false })],
      /^warns host beta: .*do not hear from it.*4789\/udp/,
    ],
    [
      'is drained',
      [host('alpha'), host('beta', { isActive: false })],
      /^warns host beta: .*--availability active beta/,
    ],
    [
      'has another version',
      [host('alpha'), host('beta', { version: '20.10.24' })],
      /^warns engines: 28.5.2 on alpha; 20/,
    ],
    [
      'is of another kind',
      [host('alpha'), host('beta', { architecture: 'arm64' })],
      /^warns architectures: amd64 on alpha/,
    ],
    ['has the same name', [host('alpha'), host('alpha')], /^fails host names: two hosts are named alpha/],
  ])('says that a host %s', (_, hosts, expected) => {
    expect(check('nodes: [a]', hosts)).toContainEqual(expect.stringMatching(expected));
  });

  it('warns of hosts whose kernel or memory is too small for their nodes', () => {
    const hosts = [host('alpha'), host('beta', { memoryBytes: GIBIBYTE })];
    const yaml = 'nodes: { a: { count: 300, host: alpha }, b: { count: 100, host: beta } }\nlinks: ring';
    expect(check(yaml, hosts).filter((line) => line.startsWith('warns'))).toEqual([
      'warns neighbours alpha: its nodes need 1,602 entries; kernels have 1,024 unless told otherwise -> ' +
        'on alpha: sudo sysctl -w net.ipv4.neigh.default.gc_thresh3=4096 net.ipv4.neigh.default.gc_thresh2=2048',
      'warns memory beta: 100 nodes take 1.6 GiB when idle, and it has 1.0 GiB -> fewer nodes on it, or more hosts',
    ]);
  });

  it('says why a host has no agent', () => {
    const checks = check('nodes: [a]', [host('alpha'), host('beta')], [], [['beta', 'no image']]);
    expect(checks).toContain('warns host beta: worker, Docker 28.5.2, takes no nodes: no image');
  });

  it('has the fix for a host whose agent cannot be on an overlay', () => {
    const reason = 'its agent does not run: error creating vxlan interface: operation not supported';
    const checks = check('nodes: [a]', [host('alpha'), host('beta')], [], [['beta', reason]]);
    expect(checks).toContainEqual(
      expect.stringMatching(/^warns host beta: .*not supported -> modprobe vxlan on beta;/),
    );
  });

  it.each([
    [
      'a host that there is not',
      'nodes: { a: { host: gamma } }',
      [],
      /^fails placement: a is to run on gamma, which cannot/,
    ],
    [
      'a host that was lost',
      'nodes: [a]',
      [['a', 'beta']],
      /^fails placement: a is on beta, .*docker node rm --force beta/,
    ],
  ] as [string, string, [string, string][], RegExp][])('refuses a node on %s', (_, yaml, kept, expected) => {
    const hosts = [host('alpha'), host('beta', { isReady: false })];
    expect(check(yaml, hosts, kept)).toContainEqual(expect.stringMatching(expected));
  });

  it('says that no host takes nodes', () => {
    expect(check('nodes: [a]', [host('alpha', { isActive: false })])).toContainEqual(
      expect.stringMatching(/^fails placement: no host takes nodes/),
    );
  });

  it('puts the nodes of a host that left the swarm elsewhere', () => {
    const checks = check('nodes: [a]', [host('alpha')], [['a', 'beta']]);
    expect(checks).toEqual(['fine host alpha: manager, Docker 28.5.2, 4 cores, 8.0 GiB; 1 node: a']);
  });
});
