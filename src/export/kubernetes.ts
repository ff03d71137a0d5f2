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
  type ExportedContainer,
  formatBinarySize,
  NODE_IMAGE,
  seederContainer,
  toExportedContainer,
} from './exported-container.ts';
import { formatYamlDocuments } from './format-yaml.ts';
import { SEEDER_SCRIPT, seederArguments } from './seeder.ts';

/** The headless service: nodes are `POD.nodes.NAMESPACE.svc`. */
const SERVICE_NAME = 'nodes';
/** Seconds the seeder waits for nodes whose image may have to be pulled first. */
const SEED_TIMEOUT_SECONDS = 300;
/** Times the seeding is tried again. */
const SEED_RETRIES = 3;
/** `add_peer` messages that the bundled node takes at once, `DEVNET_ADD_PEERS_BURST`. The seeder's address is not known before. */
const DEFAULT_ADD_PEERS_BURST = 100;
/** Of its memory limit, what a node asks the scheduler to keep free for it. */
const MEMORY_REQUEST_DIVISOR = 4;
/** Milli-cores that a node asks the scheduler for. */
const CPU_REQUEST_MILLICORES = 10;

export interface KubernetesOptions {
  /** The command that made the file, for its heading. */
  command: string;
  /** Image of the bundled node, as the cluster can pull it or holds it. */
  image?: string;
}

export type KubernetesManifest = INamespace | INetworkPolicy | IService | IStatefulSet | IJob;

/** The text of manifests that bring the topology up in a cluster: in a namespace of its own, with a job that seeds the nodes. */
export function formatKubernetesManifests(topology: Topology, options: KubernetesOptions): string {
  const namespace = namespaceOf(topology);
  return formatYamlDocuments(
    [
      `The devnet "${topology.name}" for Kubernetes, made by`,
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

/** In the order they are to be applied in: the namespace is closed before anything runs in it. */
export function buildKubernetesManifests(
  topology: Topology,
  options: Omit<KubernetesOptions, 'command'> = {},
): KubernetesManifest[] {
  const image = options.image ?? NODE_IMAGE;
  const dialed = new Map<string, number>();
  for (const { from } of topology.links) dialed.set(from, (dialed.get(from) ?? 0) + 1);
  return [
    namespace(topology),
    denyAllPolicy(topology),
    allowInternalPolicy(topology),
    service(topology),
    ...topology.nodes.map((node) => statefulSet(topology, node, dialed.get(node.name) ?? 0, image)),
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

/** A pod that no other policy names may neither send nor receive. */
function denyAllPolicy(topology: Topology): INetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(topology, 'closed'),
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  };
}

function allowInternalPolicy(topology: Topology): INetworkPolicy {
  const inside = { podSelector: {} };
  const kubeSystem = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(topology, 'inside'),
    spec: {
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [inside] }],
      egress: topology.network.internal
        ? [
            { to: [inside] },
            {
              to: [kubeSystem],
              ports: [
                { protocol: 'UDP', port: 53 },
                { protocol: 'TCP', port: 53 },
              ],
            },
          ]
        : [{}],
    },
  };
}

function service(topology: Topology): IService {
  const ports = [...new Set(topology.nodes.map(({ port }) => port))];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(topology, SERVICE_NAME),
    spec: {
      clusterIP: 'None',
      // A node has its name before it listens, or the first dials of its peers would find nobody of that name.
      publishNotReadyAddresses: true,
      selector: labels(topology, 'node'),
      ports: ports.map((port) => ({ name: `tcp-${port}`, port, protocol: 'TCP' })),
    },
  };
}

/** One for each node, since nodes may differ in everything: its pod keeps its name wherever it is put. */
function statefulSet(topology: Topology, node: TopologyNode, links: number, image: string): IStatefulSet {
  const container = toExportedContainer(node, image);
  const own = { ...labels(topology, 'node'), [LABEL.node]: node.name };
  const annotations = toAnnotations(node);
  // As many as all tries of the job may send.
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
          ...podSpec(node.name, container, {
            name: 'node',
            ...(node.image === undefined ? { imagePullPolicy: 'IfNotPresent' } : {}),
            ...(container.command ? { args: container.command.map(escapeExpansion) } : {}),
            env: toEnvVars({ ...env, ...container.env }),
            ports: [{ containerPort: node.port, protocol: 'TCP' }],
            readinessProbe: { tcpSocket: { port: node.port }, periodSeconds: 10 },
          }),
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
            command: ['node', '-e', escapeExpansion(SEEDER_SCRIPT)],
            args: seederArguments(topology, (name) => `${hostOf(topology, name)}:${ports.get(name)}`),
            env: toEnvVars({ SEED_TIMEOUT: String(SEED_TIMEOUT_SECONDS) }),
          }),
        },
      },
    },
  };
}

/** A pod of one container that may do as little as the topology says. */
function podSpec(name: string, container: ExportedContainer, own: IContainer): IPodSpec {
  const { memory, cpus, user, writable, capabilities } = container;
  const { name: title, ...rest } = own;
  const limit = cpus === undefined ? undefined : Math.round(cpus * 1000);
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { ...runAsFields(name, user), seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: title,
        image: container.image,
        ...rest,
        resources: {
          requests: {
            cpu: `${CPU_REQUEST_MILLICORES}m`,
            memory: formatBinarySize(Math.floor(memory / MEMORY_REQUEST_DIVISOR), ['', 'Ki', 'Mi', 'Gi']),
          },
          limits: {
            ...(limit === undefined ? {} : { cpu: `${limit}m` }),
            memory: formatBinarySize(memory, ['', 'Ki', 'Mi', 'Gi']),
          },
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: !writable,
          capabilities: { drop: ['ALL'], ...(capabilities.length > 0 ? { add: capabilities } : {}) },
        },
      },
    ],
  };
}

/** @throws DevnetError `usage` for a user with a name: which number it stands for is known only inside the image */
function runAsFields(node: string, user: string) {
  const [uid, gid] = user.split(':') as [string, string?];
  if (!/^\d+$/.test(uid) || !/^\d*$/.test(gid ?? '')) {
    throw new DevnetError('usage', `${node} runs as the user "${user}", and Kubernetes knows users by number only`, {
      hint: `give ${node} a user such as 1000:1000`,
    });
  }
  return {
    runAsNonRoot: Number(uid) !== 0,
    runAsUser: Number(uid),
    ...(gid === undefined ? {} : { runAsGroup: Number(gid) }),
  };
}

/** Capabilities that the baseline level of the Pod Security Standards allows. */
const BASELINE_CAPABILITIES = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);

/** The strictest level of the Pod Security Standards that all nodes keep. */
function podSecurityLevel(topology: Topology): 'restricted' | 'baseline' | 'privileged' {
  const containers = topology.nodes.map((node) => toExportedContainer(node, ''));
  const capabilities = containers.flatMap((container) => container.capabilities);
  if (capabilities.some((name) => !BASELINE_CAPABILITIES.has(name))) return 'privileged';
  const rootless = containers.every(({ user }) => !/^0+(:|$)/.test(user));
  return rootless && capabilities.every((name) => name === 'NET_BIND_SERVICE') ? 'restricted' : 'baseline';
}

/**
 * A node's labels as annotations, whose values may be any text, as those of containers may.
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
      throw new DevnetError(
        'usage',
        `${node.name} has the label "${key}", which is no name of an annotation in Kubernetes`,
        {
          hint: 'at most 63 characters, behind a domain and a / if need be: team, example.org/team',
        },
      );
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

/** Where others dial a node: the one pod of its set, by a name that stays when the pod moves. */
function hostOf(topology: Topology, node: string): string {
  return `${node}-0.${SERVICE_NAME}.${namespaceOf(topology)}.svc`;
}

function toEnvVars(env: Record<string, string>): { name: string; value: string }[] {
  return Object.entries(env).map(([name, value]) => ({ name, value: escapeExpansion(value) }));
}

/** Text that Kubernetes takes as it is: `$(NAME)` would stand for a variable, and `$$` for a dollar sign. */
function escapeExpansion(text: string): string {
  return text.replaceAll('$', '$$$$');
}
