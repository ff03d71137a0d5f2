import { gatewayAddress, longestPrefixFor, nodeAddress, tunnelAddress } from '../controller/state/subnet.ts';
import { DevnetError } from '../shared/errors.ts';
import { formatSubnet, parseSubnet, type Subnet } from '../shared/subnet.ts';
import type { Topology, TopologyNode } from '../topology/model/topology.ts';
import {
  type ExportedContainer,
  formatBinarySize,
  NODE_IMAGE,
  seederContainer,
  toExportedContainer,
} from './exported-container.ts';
import { formatYamlDocuments } from './format-yaml.ts';
import { chooseSeederName, SEEDER_SCRIPT, seederArguments } from './seeder.ts';

/**
 * Where the default subnet ends: at the top of 10.64.0.0/10, of which `devnet up` takes its own from the bottom. A Compose
 * file cannot look for a free one.
 */
const DEFAULT_SUBNET_END = 0x0a80_0000;
/** Seconds the seeder waits for nodes that the engine starts beside it. */
const SEED_TIMEOUT_SECONDS = 60;

export interface ComposeOptions {
  /** The command that made the file, for its heading. */
  command: string;
  /** Image of the bundled node that is there already or can be pulled; absent: it is built. */
  image?: string;
  /** Folder that holds the Dockerfile and dist/node.cjs, from where the file is. */
  context?: string;
}

/** A Compose file, as far as this one goes. (Compose specification; docker-compose 1.29 and every later one read it.) */
export interface ComposeFile {
  /** In the topology's order, which docker-compose 1.29 makes them in. */
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

/** The text of a Compose file that brings the topology up without a controller: its nodes, and a service that seeds them. */
export function formatComposeFile(topology: Topology, options: ComposeOptions): string {
  const built = options.image === undefined;
  return formatYamlDocuments(
    [
      `The devnet "${topology.name}" for Docker Compose, made by`,
      `  ${options.command}`,
      'Change the topology and run that again, rather than editing this file.',
      '',
      ...(built ? ['  npm ci                  builds dist/node.cjs, which the image of the nodes is made of'] : []),
      '  docker compose up       or docker-compose up, from 1.29',
      ...(built
        ? ['', 'Set DEVNET_BASE to another image with node on it where the official one cannot be pulled.']
        : []),
    ],
    [buildComposeFile(topology, options)],
  );
}

export function buildComposeFile(topology: Topology, options: Omit<ComposeOptions, 'command'> = {}): ComposeFile {
  const subnet = chooseSubnet(topology);
  const seeder = { name: chooseSeederName(topology), address: tunnelAddress(subnet) };
  const addresses = new Map(
    topology.nodes.map(({ name, port }, index) => [name, { host: nodeAddress(subnet, index), port }]),
  );
  const image = options.image ?? `\${DEVNET_IMAGE:-${NODE_IMAGE}}`;
  const builder = topology.nodes.find((node) => node.image === undefined)?.name ?? seeder.name;
  // Built by one service, under a name that no registry is asked for.
  const bundled = (service: string): Pick<ComposeService, 'image' | 'build' | 'pull_policy'> => {
    if (options.image !== undefined) return { image: escapeInterpolation(image) };
    if (service !== builder) return { image, pull_policy: 'never' };
    const base = `\${DEVNET_BASE:-node:20-bookworm-slim}`;
    return {
      image,
      build: { context: escapeInterpolation(options.context ?? '.'), args: { BASE: base } },
      pull_policy: 'build',
    };
  };
  const at = (address: string) => ({ networks: { devnet: { ipv4_address: address } } });

  const services = topology.nodes.map((node): [string, ComposeService] => [
    node.name,
    {
      ...(node.image === undefined ? bundled(node.name) : { image: escapeInterpolation(node.image) }),
      ...buildNodeService(node, toExportedContainer(node, '', seeder.address)),
      ...at(addresses.get(node.name)?.host as string),
    },
  ]);
  services.push([
    seeder.name,
    {
      ...bundled(seeder.name),
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

function buildNodeService(
  node: TopologyNode,
  container: ExportedContainer,
): Omit<ComposeService, 'image' | 'networks'> {
  const { command, env, labels } = container;
  return {
    ...(command ? { command: command.map(escapeInterpolation) } : {}),
    hostname: node.name,
    environment: escapeInterpolations(env),
    ...(Object.keys(labels).length > 0 ? { labels: escapeInterpolations(labels) } : {}),
    ...securityFields(container),
  };
}

function securityFields({ user, memory, cpus, pidsLimit: pids, writable, capabilities }: ExportedContainer) {
  const size = formatBinarySize(memory, ['b', 'k', 'm', 'g']);
  return {
    user,
    ...(writable ? {} : { read_only: true as const }),
    cap_drop: ['ALL'],
    ...(capabilities.length > 0 ? { cap_add: capabilities } : {}),
    security_opt: ['no-new-privileges:true'],
    mem_limit: size,
    memswap_limit: size, // The same: no swap on top.
    ...(cpus === undefined ? {} : { cpus }),
    pids_limit: pids,
  };
}

function chooseSubnet(topology: Topology): Subnet {
  const { subnet: text } = topology.network;
  if (text === undefined) {
    const prefix = longestPrefixFor(topology.nodes.length);
    return { base: DEFAULT_SUBNET_END - 2 ** (32 - prefix), prefix };
  }
  const subnet = parseSubnet(text);
  if (!subnet) throw new DevnetError('usage', `"${text}" is no IPv4 subnet`);
  return subnet;
}

/** Text that Compose takes as it is, without looking for variables in it. */
function escapeInterpolation(text: string): string {
  return text.replaceAll('$', '$$$$');
}

function escapeInterpolations(texts: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, escapeInterpolation(text)]));
}
