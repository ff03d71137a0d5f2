import { setTimeout as wait } from 'node:timers/promises';
import { DevnetError } from '../shared/errors.ts';
import type { Engine } from './engine.ts';
import { httpStatusOf, toEngineError, wrapEngineErrors } from './engine-error.ts';

export interface EngineNetworkSpec {
  name: string;
  /** IPv4, CIDR. */
  subnet: string;
  /** The bridge's own address in the subnet. */
  gateway: string;
  /** No way out of the machine. */
  internal: boolean;
  labels: Record<string, string>;
}

export interface EngineNetwork {
  id: string;
  name: string;
  subnet: string;
  gateway: string;
  internal: boolean;
  labels: Record<string, string>;
  /** When it was made, seconds since the epoch. */
  created: number;
}

/** @throws DevnetError `subnet_taken` when the subnet overlaps one the engine has given out */
export async function createNetwork(engine: Engine, spec: EngineNetworkSpec): Promise<EngineNetwork> {
  try {
    const made = await engine.docker.createNetwork({
      Name: spec.name,
      Driver: 'bridge',
      Internal: spec.internal,
      IPAM: { Driver: 'default', Config: [{ Subnet: spec.subnet, Gateway: spec.gateway }] },
      Labels: spec.labels,
    });
    return { id: made.id, ...spec, created: Date.now() / 1000 };
  } catch (cause) {
    const failure = toEngineError(cause, `make the network ${spec.name} with subnet ${spec.subnet}`);
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
export async function listNetworks(engine: Engine, label: string): Promise<EngineNetwork[]> {
  const found = await wrapEngineErrors('list networks', () =>
    engine.docker.listNetworks({ filters: { label: [label] } }),
  );
  return found.map((network) => ({
    id: network.Id,
    name: network.Name,
    subnet: network.IPAM?.Config?.[0]?.Subnet ?? '',
    gateway: network.IPAM?.Config?.[0]?.Gateway ?? '',
    internal: network.Internal,
    labels: network.Labels ?? {},
    created: Date.parse(network.Created) / 1000,
  }));
}

/** Every IPv4 subnet that any of the engine's networks holds, in CIDR form. */
export async function listSubnets(engine: Engine): Promise<string[]> {
  const found = await wrapEngineErrors('list networks', () => engine.docker.listNetworks());
  return found
    .flatMap((network) => network.IPAM?.Config ?? [])
    .map((config) => config.Subnet)
    .filter((subnet): subnet is string => subnet !== undefined && !subnet.includes(':'));
}

/** How long the engine may take to notice that a network's last container is gone, milliseconds. */
const ENDPOINT_RELEASE_TIMEOUT_MS = 5_000;

/**
 * Removes a network; one that is gone already is no error.
 * @throws DevnetError `network_stuck` when the engine says that containers are on it, though there are none
 */
export async function removeNetwork(engine: Engine, id: string): Promise<void> {
  const deadline = Date.now() + ENDPOINT_RELEASE_TIMEOUT_MS;
  for (;;) {
    try {
      await engine.docker.getNetwork(id).remove();
      return;
    } catch (cause) {
      if (httpStatusOf(cause) === 404) return;
      if (!/has active endpoints/.test(String(cause))) {
        throw toEngineError(cause, `remove the network ${id.slice(0, 12)}`);
      }
      if (Date.now() > deadline) throw await networkStuckError(engine, id, cause);
    }
    await wait(100);
  }
}

/** Engines before 28.1 can lose count of a network's containers when several start at once; a restart recounts them. */
async function networkStuckError(engine: Engine, id: string, cause: unknown): Promise<DevnetError> {
  const { Containers: left = {} } = await wrapEngineErrors('look at a network', () =>
    engine.docker.getNetwork(id).inspect(),
  );
  const names = Object.values(left as Record<string, { Name: string }>).map(({ Name }) => Name);
  if (names.length > 0) {
    return new DevnetError('network_stuck', `the network ${id.slice(0, 12)} is in use by ${names.join(', ')}`, {
      hint: 'remove those containers, which devnet did not make, then run devnet down again',
      cause,
    });
  }
  return new DevnetError(
    'network_stuck',
    `the engine has lost count of the containers on the network ${id.slice(0, 12)} and will not remove it, though none is left`,
    { hint: 'restart the engine (docker/engine down && docker/engine up), then run devnet down again', cause },
  );
}
