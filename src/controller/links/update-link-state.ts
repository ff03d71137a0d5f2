import type { LinkState } from '../../agents/netem/state/link-state.ts';
import type { ClientServer } from '../../agents/netem/state/shaping-plan.ts';
import type { Engine } from '../../engine/engine.ts';
import { PROXY_LIMITATION } from '../../network/fault.ts';
import { LinkReconciler } from '../../network/link-reconciler.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import type { Link } from '../../topology/model/topology.ts';
import { withNodes } from '../peers/container-dialer.ts';
import type { NetworkState } from '../state/network-state.ts';
import { declaredLinkStateOf } from './link-state.ts';
import { type AppliedLinkState, applyLinkState } from './netem-agent.ts';
import { ensureNetemAgent } from './netem-container.ts';

type LinkStateUpdate = (state: LinkState) => LinkState;

/** The last update of each network's link state, by run: each update starts from what the one before it made. */
const lastUpdates = new Map<string, Promise<unknown>>();
/** Updates that wait for the last one. They run as one: a fault of every link is one change of the rules, not hundreds. */
const queuedUpdates = new Map<string, { updates: LinkStateUpdate[]; done: Promise<AppliedLinkState | undefined> }>();

/**
 * Replaces a network's link state by what `update` makes of it, and reconnects the links whose connections must now pass
 * through the netem agent. Where another process changes the state at the same time, `update` is called again with the new
 * one: no change is lost. An update that returns the state itself changes nothing.
 * @returns what was applied; undefined where nothing had to be
 * @throws DevnetError `no_such_devnet` when only remains of the network are left, `links_failed`
 */
export function updateLinkState(
  engine: Engine,
  devnet: NetworkState,
  update: LinkStateUpdate,
): Promise<AppliedLinkState | undefined> {
  const queued = queuedUpdates.get(devnet.run);
  if (queued) {
    queued.updates.push(update);
    return queued.done;
  }
  const updates = [update];
  const done = (lastUpdates.get(devnet.run) ?? Promise.resolve()).then(() => {
    queuedUpdates.delete(devnet.run);
    return applyUpdates(engine, devnet, (state) => updates.reduce((result, next) => next(result), state));
  });
  queuedUpdates.set(devnet.run, { updates, done });
  lastUpdates.set(
    devnet.run,
    done.catch(() => {}),
  );
  return done;
}

async function applyUpdates(
  engine: Engine,
  devnet: NetworkState,
  update: LinkStateUpdate,
): Promise<AppliedLinkState | undefined> {
  const declared = declaredLinkStateOf(devnet);
  const { id, current: found } = await ensureNetemAgent(engine, devnet);
  devnet.netemId = id;
  let { state, revision } = found;
  for (;;) {
    // Nodes may have been added since the state was applied; its conditions and faults stay.
    const current = { ...(state ?? declared), nodes: declared.nodes };
    const next = update(current);
    if (next === current && state !== undefined) return undefined;
    const result = await applyLinkState(engine, id, next, revision);
    if ('conflict' in result) {
      ({ state, revision } = result.conflict);
      continue;
    }
    await reconnectChanged(engine, devnet, result.fresh);
    return result;
  }
}

/** As {@link reconnectLinks}, with an error that says what is in force. */
async function reconnectChanged(engine: Engine, devnet: NetworkState, pairs: readonly ClientServer[]): Promise<void> {
  try {
    await reconnectLinks(engine, devnet, devnet.topology?.links ?? [], pairs);
  } catch (cause) {
    const { code, message } = toDevnetError(cause);
    throw new DevnetError(code, `the change is in force, but a link could not be reconnected: ${message}`, {
      hint: 'devnet status shows which; such a link is reset by its next packet; devnet heal takes the change back',
      cause,
    });
  }
}

function toDevnetError(cause: unknown): DevnetError {
  return cause instanceof DevnetError ? cause : new DevnetError('links_failed', describeError(cause), { cause });
}

/**
 * Says with which limitation a change is in force; undefined without one.
 * @param directions of the change whose conditions a proxy may apply, as `from to`, addresses
 */
export function limitationOf(applied: AppliedLinkState | undefined, directions: readonly string[]): string | undefined {
  const { unsaved, proxied = [] } = applied ?? {};
  const lines = [
    ...(proxied.some(({ from, to }) => directions.includes(`${from} ${to}`)) ? [PROXY_LIMITATION] : []),
    ...(unsaved === undefined
      ? []
      : [`the change is in force, but it ends if the netem agent is restarted, which could not save it: ${unsaved}`]),
  ];
  return lines.length === 0 ? undefined : lines.join('; ');
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
