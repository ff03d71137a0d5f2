import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { Service } from 'kubernetes-models/v1/Service';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import {
  buildKubernetesManifests,
  formatKubernetesManifests,
  type KubernetesManifest,
} from '../../src/export/kubernetes.ts';
import { SEEDER_SCRIPT } from '../../src/export/seeder.ts';
import { parseAddress } from '../../src/protocol/index.ts';
import type { Topology } from '../../src/topology/index.ts';
import { ELABORATE, root, topologyFile, topologyOf } from './fixtures.ts';

const command = 'devnet export k8s';
const KINDS = { Namespace, NetworkPolicy, Service, StatefulSet, Job };

/** @throws if a manifest does not match Kubernetes' own schema of its kind */
function validate(manifest: { kind: string }): void {
  const Kind = KINDS[manifest.kind as keyof typeof KINDS] as unknown as new (data: object) => { validate(): void };
  new Kind(manifest).validate();
}

/** Reads manifests as a cluster does: from the text, as YAML 1.1. */
function read(text: string): KubernetesManifest[] {
  return parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJS() as KubernetesManifest);
}

const SAMPLES = readdirSync(join(root, 'devnet')).filter((name) => name.endsWith('.yaml'));

const manifests = buildKubernetesManifests(ELABORATE);
const find = <Kind extends KubernetesManifest['kind']>(
  kind: Kind,
  name: string,
  among: KubernetesManifest[] = manifests,
) =>
  among.find((one) => one.kind === kind && one.metadata?.name === name) as Extract<KubernetesManifest, { kind: Kind }>;
const podOf = (name: string, among?: KubernetesManifest[]) => find('StatefulSet', name, among).spec?.template.spec;
const containerOf = (name: string, among?: KubernetesManifest[]) => podOf(name, among)?.containers?.[0];

describe('manifests', () => {
  it.each([
    ...SAMPLES.map((name): [string, Topology] => [name, topologyFile(`devnet/${name}`, basename(name, '.yaml'))]),
    ['one that uses every key', ELABORATE],
    ['one node', topologyOf('nodes: [alone]')],
  ])("of %s match Kubernetes' schemas, also as text", (_, topology) => {
    const made = buildKubernetesManifests(topology);
    expect(read(formatKubernetesManifests(topology, { command }))).toEqual(made);
    expect(made).toHaveLength(5 + topology.nodes.length);
    for (const manifest of made) validate(manifest);
  });

  it.each<[string, KubernetesManifest['kind'], string, (manifest: never) => void]>([
    ['a number as text', 'StatefulSet', 'y', ({ spec }: { spec: { replicas: unknown } }) => (spec.replicas = '1')],
    ['no selector', 'StatefulSet', 'y', ({ spec }: { spec: { selector?: unknown } }) => delete spec.selector],
    ['no template', 'Job', 'seed', ({ spec }: { spec: { template?: unknown } }) => delete spec.template],
    [
      'a list for a map',
      'NetworkPolicy',
      'closed',
      ({ spec }: { spec: { podSelector: unknown } }) => (spec.podSelector = []),
    ],
    ['a map for a list', 'Service', 'nodes', ({ spec }: { spec: { ports: unknown } }) => (spec.ports = {})],
    ['another version', 'Namespace', 'devnet-test', (manifest: { apiVersion: string }) => (manifest.apiVersion = 'v9')],
  ])('do not match with %s, so the test above can fail', (_, kind, name, spoil) => {
    const manifest = structuredClone(find(kind, name));
    validate(manifest);
    spoil(manifest as never);
    expect(() => validate(manifest)).toThrow();
  });

  it('are all in one namespace, with names that Kubernetes accepts', () => {
    for (const { kind, metadata } of manifests) {
      expect(metadata?.name).toMatch(/^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/);
      expect(metadata?.namespace).toBe(kind === 'Namespace' ? undefined : 'devnet-test');
    }
    expect(new Set(manifests.map(({ kind, metadata }) => `${kind} ${metadata?.name}`)).size).toBe(manifests.length);
  });

  it('close the namespace before anything runs in it, except for its own pods and for DNS', () => {
    expect(manifests.slice(0, 4).map(({ kind }) => kind)).toEqual([
      'Namespace',
      'NetworkPolicy',
      'NetworkPolicy',
      'Service',
    ]);
    expect(find('NetworkPolicy', 'closed').spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    const { spec } = find('NetworkPolicy', 'inside', buildKubernetesManifests(topologyOf('nodes: [a]')));
    expect(spec?.ingress).toEqual([{ from: [{ podSelector: {} }] }]);
    expect(spec?.egress?.map(({ to, ports }) => ({ to, ports: ports?.map(({ port }) => port) }))).toEqual([
      { to: [{ podSelector: {} }], ports: undefined },
      {
        to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
        ports: [53, 53],
      },
    ]);
  });

  it('let traffic out if the topology does, and never in', () => {
    const { spec } = find('NetworkPolicy', 'inside');
    expect(spec?.egress).toEqual([{}]);
    expect(spec?.ingress).toEqual([{ from: [{ podSelector: {} }] }]);
  });

  it('run a node in a restricted pod', () => {
    const made = buildKubernetesManifests(topologyOf('nodes: [a]'), { image: 'registry.example/node:1' });
    expect(podOf('a', made)).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        runAsGroup: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    expect(containerOf('a', made)).toMatchObject({
      image: 'registry.example/node:1',
      env: [
        { name: 'DEVNET_NAME', value: 'a' },
        { name: 'DEVNET_PORT', value: '3000' },
      ],
      resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '128Mi' } },
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    });
  });

  it('lift the restrictions that the topology lifts', () => {
    expect(podOf('open')?.securityContext).toMatchObject({ runAsNonRoot: false, runAsUser: 0 });
    expect(podOf('open')?.securityContext).not.toHaveProperty('runAsGroup');
    expect(containerOf('open')?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: false,
      capabilities: { drop: ['ALL'], add: ['NET_RAW'] },
    });
    expect(containerOf('seed')?.resources).toEqual({
      requests: { cpu: '10m', memory: '24Mi' },
      limits: { cpu: '500m', memory: '96Mi' },
    });
    expect(podOf('y')?.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 2000 });
  });

  it.each([
    ['restricted', '{ capabilities: [NET_BIND_SERVICE], writable: true }'],
    ['baseline', '{ user: "0" }'],
    ['baseline', '{ user: "0:1000" }'],
    ['baseline', '{ capabilities: [CHOWN] }'],
    ['privileged', '{ capabilities: [CHOWN, NET_ADMIN] }'],
  ])('hold the namespace to the level %s if a node has %s', (level, settings) => {
    const [namespace] = buildKubernetesManifests(topologyOf(`nodes: { a: ${settings}, b: }`));
    expect(namespace?.metadata?.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': level });
  });

  it('apply link conditions where links begin, by an agent beside each node that has any', () => {
    const yaml = 'nodes: [a, b, c]\nlinks: [{ link: a -> b, delay: 20ms, loss: 1%, back: { delay: 5ms } }, b -> c]';
    const made = buildKubernetesManifests(topologyOf(yaml), { linksImage: 'registry.example/links:1' });
    const agentOf = (name: string) => podOf(name, made)?.containers?.[1];
    expect(agentOf('a')).toMatchObject({
      name: 'links',
      image: 'registry.example/links:1',
      securityContext: { runAsUser: 0, runAsNonRoot: false, capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } },
    });
    const linksOf = (name: string) => JSON.parse(agentOf(name)?.args?.[1] ?? '[]') as unknown[];
    expect(linksOf('a')).toEqual([{ host: 'b-0.nodes.devnet-test.svc', delay: 20, loss: 0.01 }]);
    expect(linksOf('b')).toEqual([{ host: 'a-0.nodes.devnet-test.svc', delay: 5, loss: 0.01 }]);
    expect(agentOf('c')).toBeUndefined();
    expect(containerOf('a', made)?.securityContext?.capabilities).toEqual({ drop: ['ALL'] });
    expect(made[0]?.metadata?.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'privileged' });
    for (const manifest of made) validate(manifest);
  });

  it('escape text', () => {
    expect(containerOf('1')).toMatchObject({ image: 'other/node:2', args: ['run', '$$HOME', 'yes'] });
    expect(containerOf('1')).not.toHaveProperty('command');
    expect(containerOf('seed')?.env).toContainEqual({ name: 'PRICE', value: 'costs $$5, $$$$HOME and $$(HOME)' });
    expect(find('StatefulSet', '1').spec?.template.metadata?.annotations).toEqual({
      team: 'red $1',
      'example.org/off': 'no',
    });
  });

  it('give each node a name that others dial, and seed links by these names', () => {
    const job = find('Job', 'seed').spec?.template.spec;
    const container = job?.containers?.[0];
    expect(job?.restartPolicy).toBe('Never');
    expect(container?.command).toEqual(['node', '-e', SEEDER_SCRIPT]);
    expect(container?.args).toEqual([
      'seed seed-0.nodes.devnet-test.svc:4000 1 open y',
      '1 1-0.nodes.devnet-test.svc:3000 seed open y',
      'open open-0.nodes.devnet-test.svc:3000 seed 1 y',
      'y y-0.nodes.devnet-test.svc:3000 seed 1 open',
    ]);
    for (const line of container?.args ?? []) {
      const address = line.split(' ')[1] as string;
      expect(parseAddress(address)).toEqual({ host: address.split(':')[0], port: Number(address.split(':')[1]) });
    }
    const service = find('Service', 'nodes').spec;
    expect(service).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(service?.ports?.map(({ port }) => port)).toEqual([4000, 3000]);
    for (const node of ELABORATE.nodes) {
      const { spec } = find('StatefulSet', node.name);
      expect(spec).toMatchObject({ serviceName: 'nodes', replicas: 1 });
      expect(spec?.template.metadata?.labels).toMatchObject(service?.selector as Record<string, string>);
      expect(spec?.template.metadata?.labels).toMatchObject(spec?.selector.matchLabels as Record<string, string>);
    }
    expect(find('Job', 'seed').spec?.template.metadata?.labels).not.toMatchObject(service?.selector as object);
  });

  it('let a node with many links accept all of them at once', () => {
    const made = buildKubernetesManifests(topologyOf('nodes: { count: 51 }\nlinks: { shape: star, directed: true }'));
    expect(containerOf('n1', made)?.env).toContainEqual({ name: 'DEVNET_ADD_PEERS_BURST', value: '200' });
    expect(containerOf('n2', made)?.env?.map(({ name }) => name)).toEqual(['DEVNET_NAME', 'DEVNET_PORT']);
  });

  it.each([
    ['a user by name', '{ user: node }', 'a runs as the user "node"'],
    ['a group by name', '{ user: "1000:staff" }', 'a runs as the user "1000:staff"'],
    ['a label of three parts', '{ labels: { a/b/c: x } }', 'a has the label "a/b/c"'],
    ['a label in capitals before the /', '{ labels: { A/b: x } }', 'a has the label "A/b"'],
    ['a label that is too long', `{ labels: { ${'x'.repeat(64)}: y } }`, 'a has the label "xxx'],
  ])('are refused for %s', (_, settings, message) => {
    expect(() => buildKubernetesManifests(topologyOf(`nodes: { a: ${settings} }`))).toThrow(message);
  });
});
