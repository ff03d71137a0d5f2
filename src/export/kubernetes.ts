import type { IStatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import type { IJob } from 'kubernetes-models/batch/v1/Job';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { INamespace } from 'kubernetes-models/v1/Namespace';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import type { IService } from 'kubernetes-models/v1/Service';
import { LABEL } from '../controller/state/labels.ts';
import { DevnetError } from '../shared/errors.ts';
import type { Topology, TopologyNode } from '../topology/model/topology.ts';
import {
  assertHasImages,
  type ExportedContainer,
  escapeDollars,
  formatBinarySize,
  formatYamlDocuments,
  LINKS_IMAGE,
  NODE_IMAGE,
  seederContainer,
  toExportedContainer,
} from './exported-container.ts';
import { SEEDER_SCRIPT, seederArguments } from './seeder.ts';

/** Headless service: a node is dialed at `POD.nodes.NAMESPACE.svc`. */
const SERVICE_NAME = 'nodes';
/** Time that the seeder waits for nodes, whose image may have to be pulled first. */
const SEED_TIMEOUT_SECONDS = 300;
const SEED_RETRIES = 3;
/**
 * Default of `DEVNET_ADD_PEERS_BURST`, the bundled node's limit for senders that are not admins. The seeder is not one, since
 * the address of its pod is not known in advance.
 */
const DEFAULT_ADD_PEERS_BURST = 100;
/** Memory limit of a node, divided by what it requests from the scheduler. */
const MEMORY_REQUEST_DIVISOR = 4;
const CPU_REQUEST_MILLICORES = 10;

export interface KubernetesOptions {
  /** Command that makes the file, for its heading. */
  command: string;
  /** Image of the bundled node that the cluster has or can pull. @default 'devnet-node' */
  image?: string;
  /** Image of the link agent, for topologies with link conditions. @default 'devnet-links' */
  linksImage?: string;
}

export type KubernetesManifest = INamespace | INetworkPolicy | IService | IStatefulSet | IJob;

/**
 * Returns the text of manifests that start the nodes of a topology in a namespace of their own, and a job that seeds their
 * links.
 *
 * @throws DevnetError `usage` for what Kubernetes cannot express: a user by name, an invalid annotation, too many links
 */
export function formatKubernetesManifests(topology: Topology, options: KubernetesOptions): string {
  const namespace = namespaceOf(topology);
  return formatYamlDocuments(
    [
      `The network "${topology.name}" for Kubernetes, made by`,
      `  ${options.command}`,
      'Change the topology and run that again, rather than editing this file.',
      '',
      '  kubectl apply --server-side -f FILE',
      `  kubectl -n ${namespace} wait --for=condition=complete --timeout=600s job/seed`,
      `  kubectl delete namespace ${namespace}`,
    ],
    buildKubernetesManifests(topology, options),
  );
}

/**
 * Returns the manifests in the order to apply them in: the network policies come before anything that they restrict.
 *
 * @throws DevnetError `usage` for what Kubernetes cannot express
 */
export function buildKubernetesManifests(
  topology: Topology,
  options: Omit<KubernetesOptions, 'command'> = {},
): KubernetesManifest[] {
  const { image = NODE_IMAGE, linksImage = LINKS_IMAGE } = options;
  if (options.image === undefined) assertHasImages(topology);
  const linkCounts = new Map<string, number>();
  for (const { from } of topology.links) linkCounts.set(from, (linkCounts.get(from) ?? 0) + 1);
  return [
    namespace(topology),
    denyAllPolicy(topology),
    allowInternalPolicy(topology),
    headlessService(topology),
    ...topology.nodes.map((node) => statefulSet(topology, node, linkCounts.get(node.name) ?? 0, { image, linksImage })),
    seedJob(topology, image),
  ];
}

function namespace(topology: Topology): INamespace {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: namespaceOf(topology),
      labels: { ...labels(topology), 'pod-security.kubernetes.io/enforce': podSecurityLevel(topology) },
    },
  };
}

/** Denies all traffic of pods that no other policy allows. */
function denyAllPolicy(topology: Topology): INetworkPolicy {
  return networkPolicy(topology, 'closed', {});
}

/** Allows traffic between pods of the namespace, and DNS; any egress if the topology is not internal. */
function allowInternalPolicy(topology: Topology): INetworkPolicy {
  const inside = { podSelector: {} };
  const kubeSystem = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } };
  const dns = (['UDP', 'TCP'] as const).map((protocol) => ({ protocol, port: 53 }));
  return networkPolicy(topology, 'inside', {
    ingress: [{ from: [inside] }],
    egress: topology.network.internal ? [{ to: [inside] }, { to: [kubeSystem], ports: dns }] : [{}],
  });
}

function networkPolicy(
  topology: Topology,
  name: string,
  rules: Pick<NonNullable<INetworkPolicy['spec']>, 'ingress' | 'egress'>,
): INetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(topology, name),
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ...rules },
  };
}

function headlessService(topology: Topology): IService {
  const ports = [...new Set(topology.nodes.map(({ port }) => port))];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(topology, SERVICE_NAME),
    spec: {
      clusterIP: 'None',
      // A node has its name before it is ready, or the first dials of its peers would not resolve it.
      publishNotReadyAddresses: true,
      selector: labels(topology, 'node'),
      ports: ports.map((port) => ({ name: `tcp-${port}`, port, protocol: 'TCP' })),
    },
  };
}

/** A stateful set for each node, since nodes may differ in everything; its pod keeps its name on any host. */
function statefulSet(
  topology: Topology,
  node: TopologyNode,
  links: number,
  { image, linksImage }: { image: string; linksImage: string },
): IStatefulSet {
  const container = toExportedContainer(node, image);
  const own = { ...labels(topology, 'node'), [LABEL.node]: node.name };
  const annotations = toAnnotations(node);
  // All tries of the job together may send this many.
  const burst = links * (SEED_RETRIES + 1);
  const env = burst > DEFAULT_ADD_PEERS_BURST ? { DEVNET_ADD_PEERS_BURST: String(burst) } : {};
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { ...metadata(topology, node.name), labels: own },
    spec: {
      serviceName: SERVICE_NAME,
      replicas: 1,
      selector: { matchLabels: own },
      template: {
        metadata: { labels: own, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
        spec: {
          ...podSpec(
            node.name,
            container,
            {
              name: 'node',
              ...(node.image === undefined ? { imagePullPolicy: 'IfNotPresent' } : {}),
              ...(container.command ? { args: container.command.map(escapeDollars) } : {}),
              env: toEnvVars({ ...env, ...container.env }),
              ports: [{ containerPort: node.port, protocol: 'TCP' }],
              readinessProbe: { tcpSocket: { port: node.port }, periodSeconds: 10 },
            },
            linkAgents(topology, node.name, linksImage),
          ),
          terminationGracePeriodSeconds: 10,
        },
      },
    },
  };
}

function seedJob(topology: Topology, image: string): IJob {
  const ports = new Map(topology.nodes.map(({ name, port }) => [name, port]));
  const own = labels(topology, 'seed');
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadata(topology, 'seed', 'seed'),
    spec: {
      backoffLimit: SEED_RETRIES,
      template: {
        metadata: { labels: own },
        spec: {
          restartPolicy: 'Never',
          ...podSpec('seed', seederContainer(image), {
            name: 'seed',
            imagePullPolicy: 'IfNotPresent',
            command: ['node', '-e', escapeDollars(SEEDER_SCRIPT)],
            args: seederArguments(topology, (name) => `${hostOf(topology, name)}:${ports.get(name)}`),
            env: toEnvVars({ SEED_TIMEOUT: String(SEED_TIMEOUT_SECONDS) }),
          }),
        },
      },
    },
  };
}

/**
 * Returns the sidecar that applies the conditions of what a node sends, in the network namespace of its pod; none where it
 * has none. All of a link's conditions apply where it begins, as in `devnet up`.
 */
function linkAgents(topology: Topology, node: string, image: string): IContainer[] {
  const links = topology.conditions
    .filter(({ from, ...rest }) => from === node && Object.keys(rest).length > 1)
    .map(({ from: _from, to, ...conditions }) => ({ host: hostOf(topology, to), ...conditions }));
  if (links.length === 0) return [];
  return [
    {
      name: 'links',
      image,
      imagePullPolicy: 'IfNotPresent',
      args: ['pod', escapeDollars(JSON.stringify(links))],
      resources: {
        requests: { cpu: `${CPU_REQUEST_MILLICORES}m`, memory: '32Mi' },
        limits: { memory: '128Mi' },
      },
      securityContext: {
        runAsUser: 0,
        runAsNonRoot: false,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
      },
    },
  ];
}

/** A pod of one container with only the permissions that the topology opens, and its sidecars. */
function podSpec(
  name: string,
  container: ExportedContainer,
  own: IContainer,
  sidecars: readonly IContainer[] = [],
): IPodSpec {
  const { memory, cpus, user, writable, capabilities } = container;
  const { name: containerName, ...rest } = own;
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { ...runAsFields(name, user), seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: containerName,
        image: container.image,
        ...rest,
        resources: {
          requests: {
            cpu: `${CPU_REQUEST_MILLICORES}m`,
            memory: formatBinarySize(Math.floor(memory / MEMORY_REQUEST_DIVISOR), ['', 'Ki', 'Mi', 'Gi']),
          },
          limits: {
            ...(cpus === undefined ? {} : { cpu: `${Math.round(cpus * 1000)}m` }),
            memory: formatBinarySize(memory, ['', 'Ki', 'Mi', 'Gi']),
          },
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: !writable,
          capabilities: { drop: ['ALL'], ...(capabilities.length > 0 ? { add: capabilities } : {}) },
        },
      },
      ...sidecars,
    ],
  };
}

/** @throws DevnetError `usage` for a user by name, whose number is known only inside the image */
function runAsFields(node: string, user: string) {
  const [, uid, gid] = /^(\d+)(?::(\d*))?$/.exec(user) ?? [];
  if (uid === undefined) {
    throw new DevnetError('usage', `${node} runs as the user "${user}", and Kubernetes takes users by number only`, {
      hint: `give ${node} a user such as 1000:1000`,
    });
  }
  return {
    runAsNonRoot: Number(uid) !== 0,
    runAsUser: Number(uid),
    ...(gid === undefined ? {} : { runAsGroup: Number(gid) }),
  };
}

/** Capabilities that the level baseline of the Pod Security Standards allows. */
const BASELINE_CAPABILITIES = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);

/** Returns the strictest level of the Pod Security Standards that all pods meet. */
function podSecurityLevel(topology: Topology): 'restricted' | 'baseline' | 'privileged' {
  // The link agent's NET_ADMIN.
  if (topology.conditions.length > 0) return 'privileged';
  const containers = topology.nodes.map((node) => toExportedContainer(node, ''));
  const capabilities = containers.flatMap((container) => container.capabilities);
  if (capabilities.some((name) => !BASELINE_CAPABILITIES.has(name))) return 'privileged';
  const rootless = containers.every(({ user }) => !/^0+(:|$)/.test(user));
  return rootless && capabilities.every((name) => name === 'NET_BIND_SERVICE') ? 'restricted' : 'baseline';
}

/**
 * Returns a node's labels as annotations, whose values may be any text, unlike those of Kubernetes' labels.
 *
 * @throws DevnetError `usage` for a key that Kubernetes does not take
 */
function toAnnotations(node: TopologyNode): Record<string, string> {
  for (const key of Object.keys(node.labels)) {
    const [name, prefix, ...more] = key.split('/').reverse() as [string, string?, ...string[]];
    const fits =
      more.length === 0 &&
      /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/.test(name) &&
      (prefix === undefined ||
        (prefix.length <= 253 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(prefix)));
    if (!fits) {
      throw new DevnetError('usage', `${node.name} has the label "${key}", not a valid annotation in Kubernetes`, {
        hint: 'use at most 63 characters, after a domain and a / if you like: team, example.org/team',
      });
    }
  }
  return node.labels;
}

function metadata(topology: Topology, name: string, component?: string) {
  return { name, namespace: namespaceOf(topology), labels: labels(topology, component) };
}

function labels(topology: Topology, component?: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'devnet',
    'app.kubernetes.io/instance': topology.name,
    ...(component === undefined ? {} : { 'app.kubernetes.io/component': component }),
  };
}

function namespaceOf({ name }: Topology): string {
  return `devnet-${name}`;
}

/** Returns the host name of a node's pod, which stays when the pod moves. */
function hostOf(topology: Topology, node: string): string {
  return `${node}-0.${SERVICE_NAME}.${namespaceOf(topology)}.svc`;
}

function toEnvVars(env: Record<string, string>): { name: string; value: string }[] {
  return Object.entries(env).map(([name, value]) => ({ name, value: escapeDollars(value) }));
}
