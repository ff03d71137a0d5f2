import { arpTableFix, NODE_MEMORY_BYTES, requiredArpEntries } from '../../controller/lifecycle/host-limits.ts';
import type { PreflightCheck, PreflightResult } from '../../controller/lifecycle/preflight.ts';
import { preflight } from '../../controller/lifecycle/preflight.ts';
import { labelsOf } from '../../controller/placement/place-nodes.ts';
import {
  constraintFix,
  findMissingLabel,
  findUnmetConstraints,
  type HostCapacity,
  labelFix,
  spreadNodes,
} from '../../controller/placement/spread-nodes.ts';
import type { Engine, EngineHosts } from '../../engine/connection/engine.ts';
import { readSwarm, type Swarm, type SwarmNode } from '../../engine/swarm/swarm-nodes.ts';
import { DevnetError } from '../../shared/errors.ts';
import { groupBy } from '../../shared/group-by.ts';
import { formatList, pluralize } from '../../shared/text.ts';
import type { Topology } from '../../topology/index.ts';
import { checkOverlay, readOverlayKernel, vxlanFix } from './check-overlay.ts';
import { connectSwarm } from './connect-swarm.ts';
import { HostAgents } from './host-agents.ts';

const GIBIBYTE = 1024 ** 3;
/** `net.ipv4.neigh.default.gc_thresh3` of Linux. */
const DEFAULT_NEIGHBOURS = 1_024;

const formatCount = (count: number) => count.toLocaleString('en-US');

/**
 * Checks what `up` on a swarm depends on, and shows the hosts with their nodes. Changes nothing: where no agent runs, no network
 * does, and what is free on a host is not known beyond what it has.
 * @throws DevnetError `engine_failed`
 */
export async function preflightSwarm(manager: Engine, topology: Topology): Promise<PreflightResult> {
  let swarm: Swarm;
  try {
    swarm = await readSwarm(manager);
  } catch (cause) {
    if (!(cause instanceof DevnetError) || cause.code !== 'engine_missing') throw cause;
    const fix = cause.hint === undefined ? {} : { fix: cause.hint };
    return { checks: [{ what: 'swarm', verdict: 'fails', found: cause.message, ...fix }], currentState: undefined };
  }
  const hasAgents = await HostAgents.exist(manager);
  const engine = hasAgents
    ? await connectSwarm(manager)
    : { ...manager, hosts: new HostsWithoutAgents(manager, swarm) };
  const { checks, currentState } = await preflight(engine, topology);
  const capacities = hasAgents ? await freeCapacities(engine.hosts as EngineHosts) : capacitiesOf(swarm.nodes);
  const kept = currentState?.networkState.hosts ?? new Map();
  const obstacles = new Map(
    (hasAgents ? (engine.hosts?.list() ?? []) : []).flatMap(({ name, engine: own }) =>
      'unavailable' in own ? [[name, own.unavailable] as const] : [],
    ),
  );
  const own = swarm.nodes.find(({ id }) => id === swarm.managerId);
  const kernel = own && readOverlayKernel(manager, own);
  const overlay = own && kernel ? checkOverlay(own.name, kernel) : [];
  const hosts = checkSwarm(topology, swarm.nodes, capacities, kept, obstacles);
  return { checks: [...hosts, ...overlay, ...checks], currentState };
}

async function freeCapacities(hosts: EngineHosts): Promise<HostCapacity[]> {
  const labels = labelsOf(hosts);
  return [...(await hosts.readRoom())].map(([name, room]) => ({ name, ...room, labels: labels.get(name) ?? {} }));
}

function capacitiesOf(nodes: readonly SwarmNode[]): HostCapacity[] {
  return nodes.filter(({ isReady, isActive }) => isReady && isActive);
}

const NO_HOST: PreflightCheck = {
  what: 'placement',
  verdict: 'fails',
  found: 'no host takes nodes',
  fix: 'docker node ls shows the hosts; docker node update --availability active NAME',
};

/**
 * Checks the hosts of a swarm, and shows the nodes that each would have.
 * @param obstacles why hosts cannot be used that the managers hear from, by name
 */
export function checkSwarm(
  topology: Pick<Topology, 'nodes' | 'links'>,
  nodes: readonly SwarmNode[],
  capacities: readonly HostCapacity[],
  kept: ReadonlyMap<string, string>,
  obstacles: ReadonlyMap<string, string> = new Map(),
): PreflightCheck[] {
  const usable = new Set(capacities.map(({ name }) => name));
  const unknown = topology.nodes.filter(({ host }) => host !== undefined && !usable.has(host));
  const unplaced = unknown.map(({ name, host }): PreflightCheck => {
    const fix = `docker node ls shows the hosts; those that can be used: ${[...usable].join(', ')}`;
    return { what: 'placement', verdict: 'fails', found: `${name} is to run on ${host}, which cannot be used`, fix };
  });
  const members = new Set(nodes.map(({ name }) => name));
  const lost = [...kept].filter(([, host]) => members.has(host) && !usable.has(host));
  const stayed = new Map([...kept].filter(([, host]) => usable.has(host)));
  const unmet = topology.nodes.filter((node) => findUnmetConstraints(node, capacities) !== undefined);
  const unlabelled = topology.nodes.filter(
    (node) => !unmet.includes(node) && findMissingLabel(node, capacities) !== undefined,
  );
  const unplaceable = new Set([...unknown, ...unmet, ...unlabelled]);
  const placeable = usable.size === 0 ? [] : topology.nodes.filter((node) => !unplaceable.has(node));
  const places = spreadNodes(placeable, capacities, stayed);
  return [
    ...nodes.map((node) => checkHost(node, capacities, places, obstacles.get(node.name))),
    ...unplaced,
    ...[...groupBy(unmet, ({ constraints = [] }) => constraints.join(' and '))].map(
      ([wanted, nodes]): PreflightCheck => {
        const found = `no host meets ${wanted}, as ${formatList(nodes.map(({ name }) => name))} must have it`;
        return { what: 'placement', verdict: 'fails', found, fix: constraintFix(wanted) };
      },
    ),
    ...[...groupBy(unlabelled, ({ spread = '' }) => spread)].map(([label, nodes]): PreflightCheck => {
      const names = formatList(nodes.map(({ name }) => name));
      const found = `to spread ${names} by ${label}, hosts need that label`;
      return { what: 'placement', verdict: 'fails', found, fix: labelFix(label) };
    }),
    ...(usable.size === 0 ? [NO_HOST] : []),
    ...lost.map(([name, host]): PreflightCheck => {
      const fix = `bring ${host} back; or docker node rm --force ${host}, and up puts it on another host`;
      return { what: 'placement', verdict: 'fails', found: `${name} is on ${host}, which cannot be used`, fix };
    }),
    ...checkNeighbours(topology, places),
    ...checkMemory(capacities, places),
    ...checkEqual(nodes, 'version', 'engines', 'upgrade the older ones: one version of Docker on all hosts'),
    ...checkEqual(nodes, 'architecture', 'architectures', 'images are sent only between hosts of one architecture'),
    ...checkNames(nodes),
  ];
}

function checkHost(
  { name, isManager, isReady, isActive, version, cores, memoryBytes }: SwarmNode,
  capacities: readonly HostCapacity[],
  places: ReadonlyMap<string, string>,
  obstacle: string | undefined,
): PreflightCheck {
  const what = `host ${name}`;
  const about = `${isManager ? 'manager' : 'worker'}, Docker ${version}`;
  if (!isReady) {
    const fix = `start its engine, and open ports 2377/tcp, 7946/tcp+udp and 4789/udp between the hosts`;
    return { what, verdict: 'warns', found: `${about}: the managers do not hear from it, it takes no nodes`, fix };
  }
  if (!isActive) {
    const fix = `docker node update --availability active ${name}`;
    return { what, verdict: 'warns', found: `${about}: paused or drained, it takes no nodes`, fix };
  }
  if (obstacle !== undefined) {
    const fix = /vxlan/i.test(obstacle) ? { fix: vxlanFix(name) } : {};
    return { what, verdict: 'warns', found: `${about}, takes no nodes: ${obstacle}`, ...fix };
  }
  const room = capacities.find((one) => one.name === name);
  const memory = `${((room?.memoryBytes ?? memoryBytes) / GIBIBYTE).toFixed(1)} GiB`;
  const nodes = [...places].filter(([, host]) => host === name).map(([node]) => node);
  const share =
    nodes.length === 0 ? 'no nodes' : `${pluralize(nodes.length, 'node')}: ${formatList(nodes, { max: 8 })}`;
  return { what, verdict: 'fine', found: `${about}, ${pluralize(cores, 'core')}, ${memory}; ${share}` };
}

/**
 * Warns of hosts whose nodes need more entries in the neighbour table than kernels have by default: one for each address on the
 * overlay, and those of the links of its nodes. What a host really has is not seen from outside.
 */
function checkNeighbours(
  { nodes, links }: Pick<Topology, 'nodes' | 'links'>,
  places: ReadonlyMap<string, string>,
): PreflightCheck[] {
  return [...groupBy(places, ([, host]) => host)].flatMap(([host, placed]): PreflightCheck[] => {
    const own = new Set(placed.map(([name]) => name));
    const needed =
      nodes.length +
      requiredArpEntries(
        own.size,
        links.filter(({ from, to }) => own.has(from) || own.has(to)),
      );
    if (needed <= DEFAULT_NEIGHBOURS) return [];
    const found = `its nodes need ${formatCount(needed)} entries; kernels have ${formatCount(DEFAULT_NEIGHBOURS)} unless told otherwise`;
    return [{ what: `neighbours ${host}`, verdict: 'warns', found, fix: `on ${host}: ${arpTableFix(needed)}` }];
  });
}

/** Warns of hosts that have less memory than their idle nodes take. */
function checkMemory(capacities: readonly HostCapacity[], places: ReadonlyMap<string, string>): PreflightCheck[] {
  return [...groupBy(places, ([, host]) => host)].flatMap(([host, placed]): PreflightCheck[] => {
    const { memoryBytes = Number.POSITIVE_INFINITY } = capacities.find(({ name }) => name === host) ?? {};
    const needed = placed.length * NODE_MEMORY_BYTES;
    if (needed <= memoryBytes) return [];
    const gibibytes = (bytes: number) => `${(bytes / GIBIBYTE).toFixed(1)} GiB`;
    const found = `${pluralize(placed.length, 'node')} take ${gibibytes(needed)} when idle, and it has ${gibibytes(memoryBytes)}`;
    return [{ what: `memory ${host}`, verdict: 'warns', found, fix: 'fewer nodes on it, or more hosts' }];
  });
}

function checkEqual(
  nodes: readonly SwarmNode[],
  key: 'version' | 'architecture',
  what: string,
  fix: string,
): PreflightCheck[] {
  const values = new Map<string, string[]>();
  for (const node of nodes) values.set(node[key], [...(values.get(node[key]) ?? []), node.name]);
  if (values.size < 2) return [];
  const found = [...values].map(([value, names]) => `${value} on ${formatList(names, { max: 4 })}`).join('; ');
  return [{ what, verdict: 'warns', found, fix }];
}

function checkNames(nodes: readonly SwarmNode[]): PreflightCheck[] {
  const twice = nodes.find(({ name }, index) => nodes[index + 1]?.name === name);
  if (!twice) return [];
  const fix = 'hostnamectl set-hostname NAME on one of them, then restart its engine';
  return [{ what: 'host names', verdict: 'fails', found: `two hosts are named ${twice.name}`, fix }];
}

/** The hosts of a swarm where no agent runs: no network is on them, and only the manager can be asked. */
class HostsWithoutAgents implements EngineHosts {
  readonly agents = '';
  readonly #manager: Engine;
  readonly #swarm: Swarm;

  constructor(manager: Engine, swarm: Swarm) {
    this.#manager = manager;
    this.#swarm = swarm;
  }

  list(): ReturnType<EngineHosts['list']> {
    return this.#swarm.nodes.map(({ name, id }) => ({
      name,
      engine: id === this.#swarm.managerId ? this.#manager : { unavailable: 'no agent runs on it' },
    }));
  }

  hostOf(): undefined {}
  note(): void {}
  lose(): void {}
  async copyImage(): Promise<void> {}
  async readRoom(): ReturnType<EngineHosts['readRoom']> {
    return new Map();
  }
  async removeUnused(): Promise<void> {}
}
