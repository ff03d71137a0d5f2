import { DevnetError } from '../errors.ts';
import type { Engine } from './engine.ts';
import { engineFailure, guarded, statusOf } from './failure.ts';

export interface NetworkSpec {
  name: string;
  /** IPv4, CIDR. */
  subnet: string;
  /** The bridge's own address in the subnet. */
  gateway: string;
  /** No way out of the machine. */
  internal: boolean;
  labels: Record<string, string>;
}

export interface Network {
  id: string;
  name: string;
  subnet: string;
  gateway: string;
  internal: boolean;
  labels: Record<string, string>;
}

/** @throws DevnetError `subnet_taken` when the subnet overlaps one the engine has given out */
export async function createNetwork(engine: Engine, spec: NetworkSpec): Promise<Network> {
  try {
    const made = await engine.docker.createNetwork({
      Name: spec.name,
      Driver: 'bridge',
      Internal: spec.internal,
      IPAM: { Driver: 'default', Config: [{ Subnet: spec.subnet, Gateway: spec.gateway }] },
      Labels: spec.labels,
    });
    return { id: made.id, ...spec };
  } catch (cause) {
    const failure = engineFailure(cause, `make the network ${spec.name} with subnet ${spec.subnet}`);
    // The engine's own words for a bridge address that the host's kernel holds already.
    if (/address already in use|conflicts with/i.test(failure.message)) {
      throw new DevnetError('subnet_taken', failure.message, {
        ...(failure.hint ? { hint: failure.hint } : {}),
        cause,
      });
    }
    throw failure;
  }
}

/** Networks that carry `label` (`key` or `key=value`). */
export async function listNetworks(engine: Engine, label: string): Promise<Network[]> {
  const found = await guarded('list networks', () => engine.docker.listNetworks({ filters: { label: [label] } }));
  return found.map((network) => ({
    id: network.Id,
    name: network.Name,
    subnet: network.IPAM?.Config?.[0]?.Subnet ?? '',
    gateway: network.IPAM?.Config?.[0]?.Gateway ?? '',
    internal: network.Internal,
    labels: network.Labels ?? {},
  }));
}

/** Every IPv4 subnet that any of the engine's networks holds, in CIDR form. */
export async function engineSubnets(engine: Engine): Promise<string[]> {
  const found = await guarded('list networks', () => engine.docker.listNetworks());
  return found
    .flatMap((network) => network.IPAM?.Config ?? [])
    .map((config) => config.Subnet)
    .filter((subnet): subnet is string => subnet !== undefined && !subnet.includes(':'));
}

/** Removes a network; one that is gone already is no error. */
export async function removeNetwork(engine: Engine, id: string): Promise<void> {
  try {
    await engine.docker.getNetwork(id).remove();
  } catch (cause) {
    if (statusOf(cause) !== 404) throw engineFailure(cause, `remove the network ${id.slice(0, 12)}`);
  }
}
