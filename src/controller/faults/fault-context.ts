import type { LinkState } from '../../agents/netem/state/link-state.ts';
import type { Engine } from '../../engine/engine.ts';
import { DevnetError } from '../../shared/errors.ts';
import { applyLinkState, declaredLinkState, ensureNetemContainer, readLinkState } from '../links/netem-agent.ts';
import { reconnectPeers } from '../links/reconnect.ts';
import { findNode } from '../peers/send-message.ts';
import type { NetworkState } from '../state/network-state.ts';

/** Where faults are injected. */
export interface FaultContext {
  engine: Engine;
  devnet: NetworkState;
}

/** How a fault is known from others: what `heal` is told, and what the log says. */
export interface FaultId {
  name: string;
  /** When it heals by itself, whatever becomes of this process; milliseconds since the epoch. Only of faults on links. */
  until?: number;
}

/** Takes a fault back. Once it has, more calls do nothing. */
export type Heal = () => Promise<void>;

type LinkStateUpdate = (state: LinkState) => LinkState;

/** Changes of one devnet's links, one after the other: each starts from what the last one made. By run. */
const lastUpdates = new Map<string, Promise<unknown>>();
/** Changes whose turn has not come. They have it together: a fault of every link is one change of the rules, not hundreds. */
const queuedUpdates = new Map<string, { changes: LinkStateUpdate[]; done: Promise<void> }>();

/** Replaces what is asked of the links by what `change` makes of it. */
export function updateLinkState(field: FaultContext, change: LinkStateUpdate): Promise<void> {
  const { engine, devnet } = field;
  const same = queuedUpdates.get(devnet.run);
  if (same) {
    same.changes.push(change);
    return same.done;
  }
  const changes = [change];
  const done = (lastUpdates.get(devnet.run) ?? Promise.resolve()).then(async () => {
    queuedUpdates.delete(devnet.run);
    const id = await ensureNetemContainer(engine, devnet);
    devnet.netemId = id;
    // Nodes may have come since; what was asked before stays.
    const declared = faultFreeLinkState(devnet);
    const present = { ...((await readLinkState(engine, devnet)) ?? declared), nodes: declared.nodes };
    const state = changes.reduce((made, one) => one(made), present);
    const fresh = await applyLinkState(engine, id, state);
    await reconnectPeers(engine, devnet, devnet.topology?.links ?? [], fresh);
  });
  queuedUpdates.set(devnet.run, { changes, done });
  lastUpdates.set(
    devnet.run,
    done.catch(() => {}),
  );
  return done;
}

/** Addresses of nodes, in the order of their names. @throws DevnetError `no_such_node` */
export function resolveAddresses(devnet: NetworkState, nodes: readonly string[]): string[] {
  return nodes.map((name) => findNode(devnet, name).address);
}

function faultFreeLinkState({ name, topology, network, nodes }: NetworkState): LinkState {
  if (!topology || !network) {
    throw new DevnetError('no_such_devnet', `of "${name}" only remains are there: it has no links to change`, {
      hint: `devnet down ${name}`,
    });
  }
  return declaredLinkState(topology, network, new Map(nodes.map((node) => [node.name, node.address])));
}

/** Makes a heal that can be called more than once: again after it failed, to no effect after it did not. */
export function idempotentHeal(heal: Heal): Heal {
  let healing: Promise<void> | undefined;
  return () => {
    healing ??= heal().catch((cause: unknown) => {
      healing = undefined;
      throw cause;
    });
    return healing;
  };
}
