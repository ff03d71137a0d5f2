import { gatewayAddress, longestPrefixFor, nodeAddress, tunnelAddress } from '../controller/state/address-plan.ts';
import { DevnetError } from '../shared/errors.ts';
import { formatSubnet, parseSubnet, type Subnet, subnetSize } from '../shared/subnet.ts';
import type { Topology } from '../topology/model/topology.ts';
import {
  assertHasImages,
  type ExportedContainer,
  escapeDollars,
  formatBinarySize,
  formatYamlDocuments,
  NODE_IMAGE,
  seederContainer,
  toExportedContainer,
} from './exported-container.ts';
import { chooseSeederName, SEEDER_SCRIPT, seederArguments } from './seeder.ts';

/** End of the default subnet: the top of 10.64.0.0/10, since `devnet up` chooses free subnets from the bottom. */
const DEFAULT_SUBNET_END = 0x0a80_0000;
/** Time that the seeder waits for nodes that the engine starts at the same time. */
const SEED_TIMEOUT_SECONDS = 60;

export interface ComposeOptions {
  /** Command that makes the file, for its heading. */
  command: string;
  /** Image of the bundled node that exists already or can be pulled. @default built from the Dockerfile */
  image?: string;
  /** Folder with the Dockerfile and dist/node.cjs, relative to the file. @default '.' */
  context?: string;
}

/** The parts of a Compose file that are used here; docker-compose 1.29 and later read them. */
export interface ComposeFile {
  /** In the topology's order, in which docker-compose 1.29 creates them. */
  services: Map<string, ComposeService>;
  networks: Record<string, { internal?: true; ipam: { config: { subnet: string; gateway: string }[] } }>;
}

export interface ComposeService {
  image: string;
  build?: { context: string; args: Record<string, string> };
  pull_policy?: 'build' | 'never';
  entrypoint?: string[];
  command?: string[];
  hostname: string;
  environment: Record<string, string>;
  labels?: Record<string, string>;
  depends_on?: string[];
  restart?: 'no';
  user: string;
  read_only?: true;
  cap_drop: string[];
  cap_add?: string[];
  security_opt: string[];
  mem_limit: string;
  memswap_limit: string;
  cpus?: number;
  pids_limit: number;
  networks: Record<string, { ipv4_address: string }>;
}

/**
 * Returns the text of a Compose file that starts the nodes of a topology, and a service that seeds their links.
 *
 * @throws DevnetError `usage` if the topology has more links than one seeder can take
 */
export function formatComposeFile(topology: Topology, options: ComposeOptions): string {
  const isBuilt = options.image === undefined;
  return formatYamlDocuments(
    [
      `The network "${topology.name}" for Docker Compose, made by`,
      `  ${options.command}`,
      'Change the topology and run that again, rather than editing this file.',
      '',
      ...(isBuilt ? ['  npm ci                  builds dist/node.cjs, which the image of the nodes is made of'] : []),
      '  docker compose up       or docker-compose up, from 1.29',
      ...(isBuilt
        ? ['', 'Set DEVNET_BASE to another image with node on it where the official one cannot be pulled.']
        : []),
    ],
    [buildComposeFile(topology, options)],
  );
}

/** @throws DevnetError `usage` if the topology has more links than one seeder can take, or a command without an image */
export function buildComposeFile(topology: Topology, options: Omit<ComposeOptions, 'command'> = {}): ComposeFile {
  if (options.image === undefined) assertHasImages(topology);
  const subnet = chooseSubnet(topology);
  const seeder = { name: chooseSeederName(topology), address: tunnelAddress(subnet) };
  const addresses = new Map(
    topology.nodes.map(({ name, port }, index) => [name, { host: nodeAddress(subnet, index), port }]),
  );
  const builder = topology.nodes.find((node) => node.image === undefined)?.name ?? seeder.name;
  const bundledImage = (service: string) => bundledImageFields(service === builder, options);
  const at = (address: string) => ({ networks: { devnet: { ipv4_address: address } } });

  const services = topology.nodes.map((node): [string, ComposeService] => {
    const { command, env, labels, ...container } = toExportedContainer(node, '', seeder.address);
    const service = {
      ...(node.image === undefined ? bundledImage(node.name) : { image: escapeDollars(node.image) }),
      ...(command ? { command: command.map(escapeDollars) } : {}),
      hostname: node.name,
      environment: escapeValues(env),
      ...(Object.keys(labels).length > 0 ? { labels: escapeValues(labels) } : {}),
      ...securityFields(container),
      ...at(addresses.get(node.name)?.host as string),
    };
    return [node.name, service];
  });
  services.push([
    seeder.name,
    {
      ...bundledImage(seeder.name),
      entrypoint: ['node', '-e', SEEDER_SCRIPT],
      command: seederArguments(topology, (name) => {
        const { host, port } = addresses.get(name) as { host: string; port: number };
        return `${host}:${port}`;
      }),
      hostname: seeder.name,
      environment: { SEED_TIMEOUT: String(SEED_TIMEOUT_SECONDS) },
      depends_on: topology.nodes.map(({ name }) => name),
      restart: 'no',
      ...securityFields(seederContainer('')),
      ...at(seeder.address),
    },
  ]);
  return {
    services: new Map(services),
    networks: {
      devnet: {
        ...(topology.network.internal ? { internal: true } : {}),
        ipam: { config: [{ subnet: formatSubnet(subnet), gateway: gatewayAddress(subnet) }] },
      },
    },
  };
}

/** One service builds the image; the others use it, and never ask a registry for its name. */
function bundledImageFields(
  isBuilder: boolean,
  { image, context = '.' }: Omit<ComposeOptions, 'command'>,
): Pick<ComposeService, 'image' | 'build' | 'pull_policy'> {
  if (image !== undefined) return { image: escapeDollars(image) };
  const built = `\${DEVNET_IMAGE:-${NODE_IMAGE}}`;
  if (!isBuilder) return { image: built, pull_policy: 'never' };
  const args = { BASE: `\${DEVNET_BASE:-node:20-bookworm-slim}` };
  return { image: built, build: { context: escapeDollars(context), args }, pull_policy: 'build' };
}

type SecurityFields = Pick<ExportedContainer, 'user' | 'memory' | 'cpus' | 'pidsLimit' | 'writable' | 'capabilities'>;

function securityFields({ user, memory, cpus, pidsLimit, writable, capabilities }: SecurityFields) {
  const size = formatBinarySize(memory, ['b', 'k', 'm', 'g']);
  return {
    user,
    ...(writable ? {} : { read_only: true as const }),
    cap_drop: ['ALL'],
    ...(capabilities.length > 0 ? { cap_add: capabilities } : {}),
    security_opt: ['no-new-privileges:true'],
    mem_limit: size,
    memswap_limit: size, // Memory and swap together: no swap.
    ...(cpus === undefined ? {} : { cpus }),
    pids_limit: pidsLimit,
  };
}

/** A Compose file cannot look for a free subnet, so its default is fixed. */
function chooseSubnet({ nodes, network }: Topology): Subnet {
  if (network.subnet === undefined) {
    const prefix = longestPrefixFor(nodes.length);
    return { base: DEFAULT_SUBNET_END - subnetSize(prefix), prefix };
  }
  const subnet = parseSubnet(network.subnet);
  if (!subnet) throw new DevnetError('usage', `"${network.subnet}" is not an IPv4 subnet`);
  return subnet;
}

function escapeValues(texts: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, escapeDollars(text)]));
}
