import type { Engine } from '../../engine/connection/engine.ts';
import { createNetwork, type EngineNetwork } from '../../engine/networks.ts';
import { DevnetError } from '../../shared/errors.ts';
import { formatSubnet, parseSubnet, type Subnet } from '../../shared/subnet.ts';
import type { Topology } from '../../topology/model/topology.ts';
import { assertHostsEncrypt } from '../links/assert-hosts-encrypt.ts';
import {
  addressesInSwarm,
  gatewayAddress,
  swarmNodeCapacity,
  swarmPrefixFor,
  swarmRange,
} from '../state/address-plan.ts';
import { engineNetworkName, labelsFor, SWARM_LABELS } from '../state/labels.ts';
import {
  explainNoFreeSubnet,
  findSubnetConflict,
  readUsedSubnets,
  type UsedSubnets,
  unusedSubnets,
} from './choose-subnet.ts';
import { listHostSubnets } from './host-subnets.ts';

/** Subnets that other processes may take between the choice and the creation: more than networks ever start at once. */
const MAX_SUBNET_ATTEMPTS = 32;

/**
 * Creates the network of a topology's nodes, a bridge or an overlay, on the declared subnet or on one that neither this machine nor the engine
 * uses.
 * @throws DevnetError `subnet_taken`; `usage` where the hosts cannot encrypt, and are to
 */
export async function createNodeNetwork(engine: Engine, topology: Topology, run: string): Promise<EngineNetwork> {
  const { subnet: declared, internal, encrypted } = topology.network;
  const isSwarm = engine.hosts !== undefined;
  if (encrypted) await assertHostsEncrypt(engine);
  const create = (subnet: Subnet) =>
    createNetwork(engine, {
      name: engineNetworkName(topology.name),
      subnet: formatSubnet(subnet),
      gateway: gatewayAddress(subnet),
      internal,
      ...(encrypted ? { encrypted } : {}),
      ...(isSwarm ? { reserved: formatSubnet(swarmRange(subnet)) } : {}),
      labels: { ...labelsFor(topology.name, run, 'network'), ...(isSwarm ? SWARM_LABELS : {}) },
    });
  if (declared !== undefined) {
    // The engine itself refuses what overlaps one of its networks.
    const conflict = findSubnetConflict(declared, { host: await listHostSubnets(), engine: [] });
    if (conflict) throw new DevnetError('subnet_taken', `the subnet ${conflict.message}`, { hint: conflict.hint });
    if (isSwarm) await assertSwarmSubnet(engine, topology, declared);
    return create(parseSubnet(declared) as Subnet);
  }
  const addresses = isSwarm ? addressesInSwarm(topology.nodes.length) : topology.nodes.length;
  return createOnFreeSubnet(addresses, await readUsedSubnets(engine), create);
}

/**
 * Checks a declared subnet as the engine of one machine does by itself: a swarm takes it, and then starts no container on it.
 * @throws DevnetError `subnet_taken`
 */
async function assertSwarmSubnet(engine: Engine, { nodes }: Topology, declared: string): Promise<void> {
  const conflict = findSubnetConflict(declared, { host: [], engine: (await readUsedSubnets(engine)).engine });
  if (conflict) throw new DevnetError('subnet_taken', `the subnet ${conflict.message}`, { hint: conflict.hint });
  if (nodes.length <= swarmNodeCapacity(parseSubnet(declared) as Subnet)) return;
  const prefix = swarmPrefixFor(nodes.length);
  throw new DevnetError('subnet_taken', `the subnet ${declared} is too small for ${nodes.length} nodes in a swarm`, {
    hint: `a swarm takes an eighth of it for its hosts: choose a subnet with the prefix /${prefix} or a shorter one`,
  });
}

async function createOnFreeSubnet(
  nodes: number,
  used: UsedSubnets,
  create: (subnet: Subnet) => Promise<EngineNetwork>,
): Promise<EngineNetwork> {
  let failure: unknown;
  let attempts = 0;
  for (const subnet of unusedSubnets(nodes, used)) {
    try {
      return await create(subnet);
    } catch (cause) {
      const isTaken = cause instanceof DevnetError && cause.code === 'subnet_taken';
      if (!isTaken || ++attempts >= MAX_SUBNET_ATTEMPTS) throw cause;
      failure = cause;
    }
  }
  const { message, hint } = explainNoFreeSubnet(nodes, used);
  throw new DevnetError('subnet_taken', message, { hint, cause: failure });
}
