import type { LinkState } from '../../agents/netem/state/link-state.ts';
import type { ClientServer } from '../../agents/netem/state/shaping-plan.ts';
import type { Engine } from '../../engine/engine.ts';
import { LinkReconciler } from '../../network/link-reconciler.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { Link } from '../../topology/model/topology.ts';
import { withNodes } from '../peers/container-dialer.ts';
import { addressesOf, type NetworkState } from '../state/network-state.ts';
import { applyLinkState, declaredLinkState, ensureNetemContainer, readLinkState } from './netem-agent.ts';

type LinkStateUpdate = (state: LinkState) => LinkState;

/** The last update of each network's link state, by run: each update starts from what the one before it made. */
const lastUpdates = new Map<string, Promise<unknown>>();
/** Updates that wait for the last one. They run as one: a fault of every link is one change of the rules, not hundreds. */
const queuedUpdates = new Map<string, { updates: LinkStateUpdate[]; done: Promise<void> }>();

/**
 * Replaces a network's link state by what `update` makes of it, and reconnects the links whose connections must now pass
 * through the netem agent.
 * @throws DevnetError `no_such_devnet` when only remains of the network are left, `links_failed`
 */
export function updateLinkState(engine: Engine, devnet: NetworkState, update: LinkStateUpdate): Promise<void> {
  const queued = queuedUpdates.get(devnet.run);
  if (queued) {
    queued.updates.push(update);
    return queued.done;
  }
  const updates = [update];
  const done = (lastUpdates.get(devnet.run) ?? Promise.resolve()).then(async () => {
    queuedUpdates.delete(devnet.run);
    const id = await ensureNetemContainer(engine, devnet);
    devnet.netemId = id;
    const declared = declaredStateOf(devnet);
    // Nodes may have been added since the state was applied; its conditions and faults stay.
    const current = { ...((await readLinkState(engine, devnet)) ?? declared), nodes: declared.nodes };
    const pairs = await applyLinkState(
      engine,
      id,
      updates.reduce((state, next) => next(state), current),
    );
    await reconnectLinks(engine, devnet, devnet.topology?.links ?? [], pairs);
  });
  queuedUpdates.set(devnet.run, { updates, done });
  lastUpdates.set(
    devnet.run,
    done.catch(() => {}),
  );
  return done;
}

/**
 * Has nodes dial their peers anew, so that their connections pass through the netem agent at once. Otherwise the next packet
 * on each would be lost, and the connection reset.
 * @param pairs addresses of the nodes whose connections are concerned, whichever of the two dials
 */
export async function reconnectLinks(
  engine: Engine,
  state: NetworkState,
  links: readonly Link[],
  pairs: readonly ClientServer[],
): Promise<void> {
  if (pairs.length === 0) return;
  const concerned = new Set(pairs.map(({ client, server }) => `${client} ${server}`));
  const running = new Map(state.nodes.flatMap((node) => (node.state === 'running' ? [[node.name, node.address]] : [])));
  const peers = new Map<string, string[]>();
  for (const { from, to } of links) {
    if (concerned.has(`${running.get(from)} ${running.get(to)}`)) peers.set(from, [...(peers.get(from) ?? []), to]);
  }
  await withNodes(engine, state, async (network) => {
    const reconciler = new LinkReconciler({ network, links });
    try {
      await Promise.all([...peers].map(([node, its]) => reconciler.reconnect(node, its)));
    } finally {
      reconciler.close();
    }
  });
}

function declaredStateOf(devnet: NetworkState): LinkState {
  const { name, topology, network } = devnet;
  if (!topology || !network) {
    throw new DevnetError('no_such_devnet', `"${name}" was removed in part: it has no links to change`, {
      hint: `devnet down ${name} removes the rest`,
    });
  }
  return declaredLinkState(topology, network, addressesOf(devnet));
}
