import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildComposeFile, type ComposeService, formatComposeFile } from '../../src/export/compose.ts';
import { buildKubernetesManifests } from '../../src/export/kubernetes.ts';
import { SEEDER_SCRIPT } from '../../src/export/seeder.ts';
import { ELABORATE, root, topologyFile, topologyOf } from './fixtures.ts';

const command = 'devnet export compose';
const serviceOf = (file: ReturnType<typeof buildComposeFile>, name: string) =>
  file.services.get(name) as ComposeService;

describe('compose.yaml', () => {
  it('is what devnet exports; if not, run npm run devnet -- export compose devnet/default.yaml -o compose.yaml', () => {
    const text = formatComposeFile(topologyFile('devnet/default.yaml', 'default'), {
      command: 'devnet export compose devnet/default.yaml -o compose.yaml',
    });
    expect(readFileSync(join(root, 'compose.yaml'), 'utf8')).toBe(text);
  });
});

describe('a Compose file', () => {
  it('has a restricted service for each node, at the address that its links name', () => {
    const file = buildComposeFile(topologyOf('nodes: [a, b]\nlinks: [a -> b]'));
    expect(serviceOf(file, 'b')).toEqual({
      image: `\${DEVNET_IMAGE:-devnet-node}`,
      pull_policy: 'never',
      hostname: 'b',
      environment: { DEVNET_NAME: 'b', DEVNET_PORT: '3000', DEVNET_ADMIN: '10.127.255.254' },
      user: '1000:1000',
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      mem_limit: '128m',
      memswap_limit: '128m',
      pids_limit: 64,
      networks: { devnet: { ipv4_address: '10.127.255.3' } },
    });
    expect(serviceOf(file, 'seed')).toMatchObject({
      entrypoint: ['node', '-e', SEEDER_SCRIPT],
      command: ['a 10.127.255.2:3000 b', 'b 10.127.255.3:3000'],
      depends_on: ['a', 'b'],
      restart: 'no',
      read_only: true,
      cap_drop: ['ALL'],
      networks: { devnet: { ipv4_address: '10.127.255.254' } },
    });
    expect([...file.services.keys()]).toEqual(['a', 'b', 'seed']);
    expect(file.networks).toEqual({
      devnet: { internal: true, ipam: { config: [{ subnet: '10.127.255.0/24', gateway: '10.127.255.1' }] } },
    });
  });

  it('lifts the restrictions that the topology lifts, and escapes text', () => {
    const file = buildComposeFile(ELABORATE);
    expect([...file.services.keys()]).toEqual(['seed', '1', 'open', 'y', 'seed-links']);
    expect(serviceOf(file, 'seed')).toMatchObject({
      environment: { DEVNET_PORT: '4000', PRICE: 'costs $$5, $$$$HOME and $$(HOME)', FLAG: 'on', TIME: '12:30' },
      mem_limit: '96m',
      cpus: 0.5,
      networks: { devnet: { ipv4_address: '10.80.4.2' } },
    });
    expect(serviceOf(file, '1')).toMatchObject({
      image: 'other/node:2',
      command: ['run', '$$HOME', 'yes'],
      labels: { team: 'red $$1', 'example.org/off': 'no' },
    });
    expect(serviceOf(file, '1')).not.toHaveProperty('pull_policy');
    const open = serviceOf(file, 'open');
    expect(open).toMatchObject({ user: '0', cap_drop: ['ALL'], cap_add: ['NET_RAW'], pids_limit: 32, mem_limit: '6m' });
    expect(open).not.toHaveProperty('read_only');
    expect(serviceOf(file, 'seed-links').networks.devnet?.ipv4_address).toBe('10.80.7.254');
    expect(file.networks.devnet).toEqual({ ipam: { config: [{ subnet: '10.80.4.0/22', gateway: '10.80.4.1' }] } });
  });

  it('lets the environment of a node override that of devnet', () => {
    const file = buildComposeFile(topologyOf('nodes: { a: { env: { DEVNET_NAME: other, DEVNET_ADMIN: 10.1.1.1 } } }'));
    expect(serviceOf(file, 'a').environment).toEqual({
      DEVNET_NAME: 'other',
      DEVNET_PORT: '3000',
      DEVNET_ADMIN: '10.1.1.1',
    });
  });

  it.each([
    ['the first bundled node', 'nodes: { a: { image: other }, b: , c: }', 'b'],
    ['the seeder if there is none', 'nodes: { a: { image: other } }', 'seed'],
  ])('builds the image once, in %s', (_, yaml, builder) => {
    const services = [...buildComposeFile(topologyOf(yaml), { context: 'node_modules/devnet' }).services];
    const build = { context: 'node_modules/devnet', args: { BASE: `\${DEVNET_BASE:-node:20-bookworm-slim}` } };
    expect(services.filter(([, service]) => service.build)).toMatchObject([[builder, { build, pull_policy: 'build' }]]);
  });

  it('builds nothing if an image is named', () => {
    const text = formatComposeFile(topologyOf('nodes: { count: 2 }'), { command, image: 'registry.example/node:1' });
    expect(text).not.toMatch(/build|pull_policy|DEVNET_(IMAGE|BASE)/);
    expect(text.match(/image: registry.example\/node:1/g)).toHaveLength(3);
  });

  it('is refused for a command without an image, unless one is named for all', () => {
    const topology = topologyOf('nodes: { a: { command: [python3, node.py] } }');
    const refusal = expect.objectContaining({ code: 'usage', message: expect.stringContaining('the command of a') });
    expect(() => buildComposeFile(topology)).toThrow(refusal);
    expect(() => buildKubernetesManifests(topology)).toThrow(refusal);
    const { services } = buildComposeFile(topology, { image: 'python:3' });
    expect(services.get('a')).toMatchObject({ image: 'python:3', command: ['python3', 'node.py'] });
  });

  it('has room for all nodes if the topology names no subnet', () => {
    const file = buildComposeFile(topologyOf('nodes: { count: 1000 }'));
    expect(file.networks.devnet?.ipam.config).toEqual([{ subnet: '10.127.252.0/22', gateway: '10.127.252.1' }]);
    const addresses = [...file.services.values()].map(({ networks }) => networks.devnet?.ipv4_address);
    expect(new Set(addresses).size).toBe(1001);
    expect(addresses.at(-1)).toBe('10.127.255.254');
  });

  it('means the same in YAML 1.1 and 1.2', () => {
    const file = buildComposeFile(ELABORATE);
    const expected = { ...file, services: Object.fromEntries(file.services) };
    const text = formatComposeFile(ELABORATE, { command });
    expect(parse(text, { version: '1.1' })).toEqual(expected);
    expect(parse(text, { version: '1.2' })).toEqual(expected);
  });

  it('names the command that made it', () => {
    expect(formatComposeFile(ELABORATE, { command }).split('\n')[1]).toBe('#   devnet export compose');
  });
});
