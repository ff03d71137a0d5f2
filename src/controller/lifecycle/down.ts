import pLimit from 'p-limit';
import type { Engine } from '../../engine/connection/engine.ts';
import { loseHostOf, reachableEngines, unavailableHosts } from '../../engine/connection/engine-hosts.ts';
import { killContainer } from '../../engine/container-lifecycle.ts';
import { type Container, listContainers, removeContainer } from '../../engine/containers.ts';
import { createContainerRemover, maxParallelContainers } from '../../engine/endpoint-count-workaround.ts';
import { removeNetwork } from '../../engine/networks.ts';
import { listVolumes, removeVolume } from '../../engine/volumes.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import { formatList } from '../../shared/text.ts';
import { AgentTimeoutError, clearLinkState } from '../links/netem-agent.ts';
import { ensureNetemAgent, hasNetemAgent } from '../links/netem-container.ts';
import { findLostNodes } from '../placement/place-nodes.ts';
import { LABEL } from '../state/labels.ts';
import { type NetworkState, observe } from '../state/network-state.ts';

/** Passes over what is left: some removals succeed only once others freed disk space, and other processes may add something. */
const MAX_PASSES = 3;

/** A part of a network that could not be removed. */
interface Leftover {
  part: string;
  cause: unknown;
}

/**
 * Removes a network: nodes, engine networks, and the records last, so that after an interruption the rest can be found and
 * the name stays taken until all is gone. A part that cannot be removed does not keep the others.
 * @param onRemoved called after each node with the number removed
 * @throws DevnetError `network_stuck`, `engine_failed`, `links_failed`, … that names what is left
 */
export async function down(
  engine: Engine,
  devnet: NetworkState,
  onRemoved: (done: number) => void = () => {},
): Promise<void> {
  let done = 0;
  const onNodeRemoved = () => onRemoved(++done);
  const leftovers = new Map<string, Leftover>();
  let left: NetworkState | undefined = devnet;
  for (let pass = 1; left && pass <= MAX_PASSES; pass++) {
    leftovers.clear();
    for (const leftover of await removeParts(engine, left, onNodeRemoved)) leftovers.set(leftover.part, leftover);
    const found: NetworkState | undefined = await observe(engine, devnet.name);
    // Another network may have taken the name by now.
    left = found?.run === devnet.run && found.containers.length > 0 ? found : undefined;
  }
  if (leftovers.size > 0) throw leftoverError(devnet, [...leftovers.values()]);
  await engine.hosts?.removeUnused();
}

async function removeParts(engine: Engine, devnet: NetworkState, onNodeRemoved: () => void): Promise<Leftover[]> {
  const leftovers: Leftover[] = [];
  const attempt = async (part: string, removal: () => Promise<void>, containerId?: string): Promise<boolean> => {
    try {
      await removal();
      return true;
    } catch (cause) {
      // A host of a swarm that is gone keeps nothing on the others from being removed.
      const isLeft = containerId !== undefined && loseHostOf(engine, containerId, cause) !== undefined;
      if (isEngineGone(cause) && !isLeft) throw cause;
      leftovers.push({ part, cause });
      return false;
    }
  };
  const label = `${LABEL.run}=${devnet.run}`;
  // The rules name the network's bridge, so they go first.
  await attempt(`rules of its links (nft table devnet-${devnet.name})`, async () => {
    // Those of an overlay network go with its namespace.
    if (!engine.hosts && (await mayHaveRules(engine, devnet))) await removeLinkRules(engine, devnet);
  });
  const networkIds = devnet.networks.map(({ id }) => id);
  const limit = pLimit(maxParallelContainers(engine));
  const remove = createContainerRemover(engine, networkIds);
  const lost = findLostNodes(engine, devnet);
  for (const { host, nodes: names, reason } of lost) {
    const hint = `devnet down ${devnet.name} removes the rest once ${host.name} is back`;
    const cause = new DevnetError('engine_gone', `${host.name} cannot be used: ${reason}`, { hint });
    leftovers.push({ part: `${formatList(names)} on ${host.name}`, cause });
  }
  const nodes = new Set(devnet.nodes.map((node) => node.containerId));
  const records = new Set(devnet.recordIds);
  const isRecord = ({ id }: Container) => records.has(id);
  // A record that has ended is removed in no time; until then it holds the name.
  for (const { id, name } of devnet.containers.filter(isRecord)) killContainer(engine, id, name).catch(() => {}); // One that does not run.
  const removed = await Promise.all(
    devnet.containers
      .filter((container) => !isRecord(container))
      .map(({ id, name }) =>
        limit(async () => {
          const succeeded = await attempt(`container ${name}`, () => remove(id), id);
          if (succeeded && nodes.has(id)) onNodeRemoved();
          return succeeded;
        }),
      ),
  );
  // Another command may have added some meanwhile, as a tunnel, which keep a network in use.
  const known = new Set(devnet.containers.map(({ id }) => id));
  await attempt('containers that were added meanwhile', async () => {
    const found = await listContainers(engine, label, `${LABEL.name}=${devnet.name}`);
    const added = found.filter(({ id, labels }) => !known.has(id) && labels[LABEL.role] !== 'record');
    await Promise.all(added.map(({ id }) => remove(id)));
  });
  await Promise.all([
    // A network stays in use while a container of a lost host may be on it.
    ...(lost.length > 0 ? [] : devnet.networks).map(({ id, name }) =>
      attempt(`network ${name}`, () =>
        removeNetwork(engine, id).catch((cause: unknown) => {
          throw unseenHostsError(engine, devnet) ?? cause;
        }),
      ),
    ),
    attempt('volumes', async () => {
      await Promise.all(
        reachableEngines(engine).map(async ({ engine: own }) => {
          for (const name of await listVolumes(own, label)) await removeVolume(own, name);
        }),
      );
    }),
  ]);
  // An engine network that cannot be removed does not keep the name taken as well; a container does.
  if (removed.every(Boolean) && lost.length === 0) {
    for (const { id, name } of devnet.containers.filter(isRecord)) {
      await attempt(`container ${name}`, () => removeContainer(engine, id));
    }
  }
  return leftovers;
}

/** Returns the error for a network whose record cannot be seen: it may be on a host that cannot be used, with nodes. */
function unseenHostsError(engine: Engine, { name, topology }: NetworkState): DevnetError | undefined {
  const [host, ...others] = topology ? [] : unavailableHosts(engine);
  if (host === undefined) return undefined;
  const hosts = formatList([host, ...others]);
  return new DevnetError('network_stuck', `${hosts} cannot be used, and may have containers on it`, {
    hint: `devnet down ${name} once ${hosts} is back; if it does not come back: docker node demote ${host}, docker node rm --force ${host}, then devnet down ${name}`,
  });
}

/** Returns whether no other removal can succeed either. */
function isEngineGone(cause: unknown): boolean {
  return cause instanceof DevnetError && ['engine_missing', 'engine_denied', 'engine_gone'].includes(cause.code);
}

/** Returns whether a network has an agent, or must have had one that somebody removed: no node starts before its conditions are in force. */
async function mayHaveRules(engine: Engine, devnet: NetworkState): Promise<boolean> {
  const { nodes, topology } = devnet;
  return (nodes.length > 0 && (topology?.conditions.length ?? 0) > 0) || (await hasNetemAgent(engine, devnet));
}

async function removeLinkRules(engine: Engine, devnet: NetworkState): Promise<void> {
  let { netemId } = devnet;
  try {
    if (netemId !== undefined) return await clearLinkState(engine, netemId);
  } catch (cause) {
    // One that does not run is started or replaced below: a new one finds the rules by the network's name.
    if (netemId !== undefined && cause instanceof AgentTimeoutError) {
      await removeContainer(engine, netemId);
      netemId = undefined;
    }
  }
  try {
    await clearLinkState(engine, (await ensureNetemAgent(engine, { ...devnet, netemId })).id);
  } catch (cause) {
    // Whoever removed the network meanwhile removed its rules first.
    if (!(cause instanceof DevnetError) || cause.code !== 'no_such_devnet') throw cause;
  }
}

function leftoverError(devnet: NetworkState, leftovers: readonly Leftover[]): DevnetError {
  const parts = new Map<string, string[]>();
  for (const { part, cause } of leftovers) {
    const reason = describeError(cause);
    parts.set(reason, [...(parts.get(reason) ?? []), part]);
  }
  const lines = [...parts].map(([reason, left]) => `\n  ${formatList(left)}: ${reason}`);
  const { cause } = leftovers[0] as Leftover;
  const { code, hint } = cause instanceof DevnetError ? cause : new DevnetError('engine_failed', describeError(cause));
  return new DevnetError(code, `"${devnet.name}" was removed, but for:${lines.join('')}`, {
    hint: hint ?? `devnet down ${devnet.name} tries again`,
    cause,
  });
}
