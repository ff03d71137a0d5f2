import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { NetworkInspectInfo } from 'dockerode';
import { DevnetError } from '../shared/errors.ts';
import type { Engine } from './connection/engine.ts';
import { compareVersions } from './connection/engine.ts';
import { httpStatusOf, toEngineError, wrapEngineErrors } from './connection/engine-error.ts';
import { callPodman } from './connection/podman-api.ts';

/** A network to create on the engine. */
export interface EngineNetworkSpec {
  /** Name on the engine, which need not be unique. */
  name: string;
  /** IPv4, CIDR. */
  subnet: string;
  /** The bridge's own address in the subnet. */
  gateway: string;
  /**
   * Closed: no route leads out of it, and where the engine can leave out the bridge's address, nothing on it reaches the engine's
   * machine either.
   */
  internal: boolean;
  /** Encrypts what passes between the hosts of a swarm. @default false */
  encrypted?: boolean;
  /** Addresses that a swarm takes for itself, one or more on each host, CIDR inside `subnet`. @default any that is free */
  reserved?: string;
  /** Labels, by which a network's parts are found. */
  labels: Record<string, string>;
}

/** A network on the engine. */
export interface EngineNetwork extends Omit<EngineNetworkSpec, 'reserved'> {
  /** 64 hexadecimal digits; 25 letters and digits in a swarm. */
  id: string;
  /** Interface of the bridge, in the network namespace of the engine; empty for a network over several hosts. */
  bridge: string;
  /** True if the engine gave the bridge its address: then only rules can keep a container from the engine's machine. */
  hasBridgeAddress: boolean;
  /** Creation time, seconds since the epoch. */
  created: number;
}

/**
 * Creates a bridge network; on the engine of a swarm's manager, an overlay network that containers of all hosts may be on.
 * @throws DevnetError `subnet_taken` when the subnet overlaps another network's
 */
export async function createNetwork(engine: Engine, spec: EngineNetworkSpec): Promise<EngineNetwork> {
  if (engine.hosts) return createOverlayNetwork(engine, spec);
  // Podman counts its bridges, so that two engines have one of the same name.
  const bridge = engine.flavour === 'podman' ? `br-${randomBytes(6).toString('hex')}` : undefined;
  const options = {
    ...(bridge === undefined ? {} : { [BRIDGE_NAME_OPTION]: bridge }),
    ...(spec.internal ? isolationOptions(engine) : {}),
  };
  try {
    const { id } = await engine.docker.createNetwork({
      Name: spec.name,
      Driver: 'bridge',
      Internal: spec.internal,
      IPAM: { Driver: 'default', Config: [{ Subnet: spec.subnet, Gateway: spec.gateway }] },
      Labels: spec.labels,
      Options: options,
    });
    const bridges = await listPodmanBridges(engine);
    return {
      id,
      ...spec,
      bridge: bridges.get(id) ?? dockerBridgeName(id),
      hasBridgeAddress: !isIsolated(options),
      created: Date.now() / 1000,
    };
  } catch (cause) {
    const failure = toEngineError(cause, `create the network ${spec.name} with subnet ${spec.subnet}`);
    // The engine's words for a gateway address that the machine's kernel has already.
    if (!/address already in use|conflicts with/i.test(failure.message)) throw failure;
    throw new DevnetError('subnet_taken', failure.message, {
      ...(failure.hint ? { hint: failure.hint } : {}),
      cause,
    });
  }
}

async function createOverlayNetwork(
  { docker }: Engine,
  { reserved, ...spec }: EngineNetworkSpec,
): Promise<EngineNetwork> {
  const range = reserved === undefined ? {} : { IPRange: reserved };
  // A swarm takes only names that DNS could have.
  const name = spec.name.replaceAll('.', '_');
  const { id } = await wrapEngineErrors(`create the overlay network ${spec.name} with subnet ${spec.subnet}`, () =>
    docker.createNetwork({
      Name: name,
      Driver: OVERLAY,
      Attachable: true,
      Internal: spec.internal,
      IPAM: { Driver: 'default', Config: [{ Subnet: spec.subnet, Gateway: spec.gateway, ...range }] },
      Labels: spec.labels,
      ...(spec.encrypted ? { Options: { [ENCRYPTED_OPTION]: '' } } : {}),
    }),
  );
  return { id, ...spec, name, bridge: '', hasBridgeAddress: false, created: Date.now() / 1000 };
}

/** Lists networks that carry `label` (`key` or `key=value`). */
export async function listNetworks(engine: Engine, label: string): Promise<EngineNetwork[]> {
  const [found, bridges] = await wrapEngineErrors('list networks', () =>
    Promise.all([engine.docker.listNetworks({ filters: { label: [label] } }), listPodmanBridges(engine)]),
  );
  return found.map((network) => ({
    id: network.Id,
    bridge: bridges.get(network.Id) ?? bridgeNameOf(network),
    name: network.Name,
    subnet: network.IPAM?.Config?.[0]?.Subnet ?? '',
    gateway: network.IPAM?.Config?.[0]?.Gateway ?? '',
    internal: network.Internal,
    ...(network.Options?.[ENCRYPTED_OPTION] === undefined ? {} : { encrypted: true }),
    hasBridgeAddress: network.Driver !== OVERLAY && !isIsolated(network.Options ?? {}),
    labels: network.Labels ?? {},
    created: Date.parse(network.Created) / 1000,
  }));
}

/** Has Docker encrypt an overlay network, whatever the value is. */
const ENCRYPTED_OPTION = 'encrypted';

/** Docker's driver for networks over several hosts. */
const OVERLAY = 'overlay';

/** Keeps the address off the bridge of an internal network; Docker's, since 20.10. */
const NO_ADDRESS_OPTION = 'com.docker.network.bridge.inhibit_ipv4';
/** Docker's own word for a bridge without an address, since 28.0. */
const GATEWAY_MODE_OPTION = 'com.docker.network.bridge.gateway_mode_ipv4';
const FIRST_ISOLATED_API = '1.48';

/** Returns the options that keep the containers of an internal network from the engine's machine; none with Podman. */
function isolationOptions({ flavour, api }: Engine): Record<string, string> {
  if (flavour === 'podman') return {};
  return {
    [NO_ADDRESS_OPTION]: 'true',
    ...(compareVersions(api, FIRST_ISOLATED_API) >= 0 ? { [GATEWAY_MODE_OPTION]: 'isolated' } : {}),
  };
}

const isIsolated = (options: Record<string, string>): boolean => options[NO_ADDRESS_OPTION] === 'true';

/** Names a network's bridge: the option of Docker's bridge driver, which Podman takes too. */
const BRIDGE_NAME_OPTION = 'com.docker.network.bridge.name';

/** Returns the name that Docker's bridge driver gives a bridge without that option. */
const dockerBridgeName = (networkId: string): string => `br-${networkId.slice(0, 12)}`;

/** Returns the name of a bridge of Docker's; an overlay network has one on each host, in a namespace of its own. */
function bridgeNameOf({ Id, Driver, Options }: NetworkInspectInfo): string {
  return Driver === OVERLAY ? '' : (Options?.[BRIDGE_NAME_OPTION] ?? dockerBridgeName(Id));
}

/** Returns the bridge of each network by id, as Podman's own API has it: its Docker API leaves it out. Empty for Docker. */
async function listPodmanBridges(engine: Engine): Promise<Map<string, string>> {
  if (engine.flavour !== 'podman') return new Map();
  const networks = await callPodman<{ id: string; network_interface?: string }[]>(engine, '/networks/json');
  return new Map(networks.flatMap(({ id, network_interface: name }) => (name === undefined ? [] : [[id, name]])));
}

/** Lists the IPv4 subnets of all the engine's networks, as CIDR. */
export async function listSubnets(engine: Engine): Promise<string[]> {
  const found = await wrapEngineErrors('list networks', () => engine.docker.listNetworks());
  return found
    .flatMap((network) => network.IPAM?.Config ?? [])
    .map((config) => config.Subnet)
    .filter((subnet): subnet is string => subnet !== undefined && !subnet.includes(':'));
}

/** Time for the engine to notice that a network's last container is gone. */
const ENDPOINT_RELEASE_TIMEOUT_MS = 5_000;
const ENDPOINT_POLL_INTERVAL_MS = 100;

/**
 * Removes a network; one that is gone is no error.
 * @throws DevnetError `network_stuck` when the engine keeps it because of containers on it, real or miscounted
 */
export async function removeNetwork(engine: Engine, id: string): Promise<void> {
  const deadline = Date.now() + ENDPOINT_RELEASE_TIMEOUT_MS;
  for (;;) {
    try {
      await engine.docker.getNetwork(id).remove();
      return;
    } catch (cause) {
      if (httpStatusOf(cause) === 404) return;
      if (!/has active endpoints|in use by task/.test(String(cause))) {
        throw toEngineError(cause, `remove the network ${id.slice(0, 12)}`);
      }
      if (Date.now() > deadline) throw await networkStuckError(engine, id, cause);
    }
    await wait(ENDPOINT_POLL_INTERVAL_MS);
  }
}

/** Docker before 28.1 can miscount a network's endpoints, see ./endpoint-count-workaround.ts; a restart corrects it. */
async function networkStuckError(engine: Engine, id: string, cause: unknown): Promise<DevnetError> {
  const { Containers } = await wrapEngineErrors('inspect a network', () => engine.docker.getNetwork(id).inspect());
  const names = Object.values((Containers ?? {}) as Record<string, { Name: string }>).map(({ Name }) => Name);
  if (names.length > 0) {
    return new DevnetError('network_stuck', `the network ${id.slice(0, 12)} is in use by ${names.join(', ')}`, {
      hint: 'remove those containers, which devnet did not create, then run devnet down again',
      cause,
    });
  }
  return new DevnetError(
    'network_stuck',
    `the engine does not remove the network ${id.slice(0, 12)}: it counts containers on it, and there are none`,
    { hint: 'restart the engine, then run devnet down again', cause },
  );
}
