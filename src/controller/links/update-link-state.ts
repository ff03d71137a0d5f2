import type { LinkState } from '../../agents/netem/state/link-state.ts';
import type { Engine } from '../../engine/engine.ts';
import { DevnetError } from '../../shared/errors.ts';
import { addressesOf, type NetworkState } from '../state/network-state.ts';
import { applyLinkState, declaredLinkState, ensureNetemContainer, readLinkState } from './netem-agent.ts';
import { reconnectPeers } from './reconnect.ts';

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
    await reconnectPeers(engine, devnet, devnet.topology?.links ?? [], pairs);
  });
  queuedUpdates.set(devnet.run, { updates, done });
  lastUpdates.set(
    devnet.run,
    done.catch(() => {}),
  );
  return done;
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
