import type { Engine } from '../../engine/connection/engine.ts';
import { type Container, listContainers, removeContainer } from '../../engine/containers.ts';
import type { ContainerStarter } from '../../engine/endpoint-count-workaround.ts';
import type { EngineNetwork } from '../../engine/networks.ts';
import { DevnetError } from '../../shared/errors.ts';
import { parseSubnet, type Subnet } from '../../shared/subnet.ts';
import { poll } from '../../shared/time/poll.ts';
import { macAddressOf, tunnelAddress } from '../state/address-plan.ts';
import { LABEL, labelsFor, tunnelContainerName } from '../state/labels.ts';
import { startIdleContainer } from './idle-container.ts';

/** Time for a tunnel container that another process is starting. */
const START_TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 50;

/** Returns the tunnel agent's address, which nodes trust as they trust the controller's, even if there is no tunnel. */
export function tunnelAddressOn(network: EngineNetwork): string {
  return tunnelAddress(parseSubnet(network.subnet) as Subnet);
}

/** The network that a tunnel leads to. */
interface TunnelledNetwork {
  name: string;
  run: string;
  network: EngineNetwork;
}

/**
 * Makes sure that the container runs through which a controller on another machine dials the nodes. One that has ended, as
 * after a restart of the engine, or that is not on the network, is replaced. Each controller executes its own program in it.
 * @param start starts it, where many containers start at the same time
 * @returns its id
 * @throws DevnetError `engine_failed`
 */
export async function ensureTunnelContainer(
  engine: Engine,
  devnet: TunnelledNetwork,
  start?: ContainerStarter,
): Promise<string> {
  const found = await findTunnel(engine, devnet);
  if (found && isUsable(found, devnet)) return found.id;
  if (found && found.state !== 'created') await removeContainer(engine, found.id);
  try {
    return await createTunnelContainer(engine, devnet, start);
  } catch (cause) {
    if (!(cause instanceof DevnetError) || cause.code !== 'name_taken') throw cause;
  }
  // Another process starts it at this moment, or was killed while it did.
  const started = await poll(
    () => findTunnel(engine, devnet),
    (tunnel) => tunnel !== undefined && isUsable(tunnel, devnet),
    { timeoutMs: START_TIMEOUT_MS, intervalMs: POLL_INTERVAL_MS, signal: new AbortController().signal },
  );
  if (started.met) return (started.value as Container).id;
  if (started.last) await removeContainer(engine, started.last.id);
  return createTunnelContainer(engine, devnet, start);
}

async function createTunnelContainer(
  engine: Engine,
  { name, run, network }: TunnelledNetwork,
  start: ContainerStarter | undefined,
): Promise<string> {
  const address = tunnelAddressOn(network);
  const spec = {
    name: tunnelContainerName(name),
    hostname: 'relay',
    labels: labelsFor(name, run, 'relay'),
    network: { id: network.id, address, mac: macAddressOf(address), aliases: [] },
  };
  const id = await startIdleContainer(engine, 'the tunnel', spec, start);
  // A `down` that runs meanwhile would not find it, and it keeps the network in use.
  const others = await listContainers(engine, `${LABEL.run}=${run}`);
  if (others.some(({ labels }) => ['record', 'node'].includes(labels[LABEL.role] as string))) return id;
  await removeContainer(engine, id);
  throw new DevnetError('no_such_devnet', `"${name}" was taken down meanwhile`);
}

async function findTunnel(engine: Engine, { name, run }: TunnelledNetwork): Promise<Container | undefined> {
  const labels = labelsFor(name, run, 'relay');
  const [found] = await listContainers(engine, ...Object.entries(labels).map(([key, value]) => `${key}=${value}`));
  return found;
}

const isUsable = ({ state, attachments }: Container, { network }: TunnelledNetwork): boolean =>
  state === 'running' && attachments.some(({ address }) => address === tunnelAddressOn(network));
