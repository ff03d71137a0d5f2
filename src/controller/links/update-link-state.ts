import type { LinkState } from '../../agents/netem/state/link-state.ts';
import type { ClientServer } from '../../agents/netem/state/shaping-plan.ts';
import { PROXY_LIMITATION } from '../../network/fault.ts';
import { LinkReconciler } from '../../network/reconcile/link-reconciler.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import type { Link } from '../../topology/model/topology.ts';
import type { AppliedLinkState, LinkAccess } from './link-access.ts';

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
export function updateLinkState(links: LinkAccess, update: LinkStateUpdate): Promise<AppliedLinkState | undefined> {
  const { run } = links;
  const queued = queuedUpdates.get(run);
  if (queued) {
    queued.updates.push(update);
    return queued.done;
  }
  const updates = [update];
  const done = (lastUpdates.get(run) ?? Promise.resolve()).then(() => {
    queuedUpdates.delete(run);
    return applyUpdates(links, (state) => updates.reduce((result, next) => next(result), state));
  });
  queuedUpdates.set(run, { updates, done });
  lastUpdates.set(
    run,
    done.catch(() => {}),
  );
  return done;
}

async function applyUpdates(links: LinkAccess, update: LinkStateUpdate): Promise<AppliedLinkState | undefined> {
  const declared = links.declared();
  const agent = await links.openAgent();
  let { state, revision } = agent.current;
  for (;;) {
    // Nodes may have been added since the state was applied; its conditions and faults stay.
    const current = { ...(state ?? declared), nodes: declared.nodes };
    const next = update(current);
    if (next === current && state !== undefined) return undefined;
    const result = await agent.apply(next, revision);
    if ('conflict' in result) {
      ({ state, revision } = result.conflict);
      continue;
    }
    await reconnectChanged(links, result.fresh);
    return result;
  }
}

/** Reconnects links, with an error that says what is in force. */
async function reconnectChanged(links: LinkAccess, pairs: readonly ClientServer[]): Promise<void> {
  try {
    await links.reconnect(pairs);
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
 * @param directions of the change whose conditions it sets, as `from to`, addresses
 */
export function limitationOf(applied: AppliedLinkState | undefined, directions: readonly string[]): string | undefined {
  const { unsaved, proxied = [], foreign = [], missed = [] } = applied ?? {};
  const unshaped = foreign.filter(({ address }) => directions.some((direction) => direction.endsWith(` ${address}`)));
  const lines = [
    ...(proxied.some(({ from, to }) => directions.includes(`${from} ${to}`)) ? [PROXY_LIMITATION] : []),
    ...unshaped.map(
      ({ to, interface: port, kind }) =>
        `packets to ${to} are not shaped: ${port}, its interface on the engine's machine, has a queue of another program (${kind}); once that is gone (tc qdisc del dev ${port} root), the next change applies to it`,
    ),
    ...(unsaved === undefined
      ? []
      : [`the change is in force, but it ends if the netem agent is restarted, which could not save it: ${unsaved}`]),
    ...missed.map(
      ({ name, reason }) =>
        `the host ${name} has not applied it: ${reason}; the next command does that once it answers`,
    ),
  ];
  return lines.length === 0 ? undefined : lines.join('; ');
}

/**
 * Has nodes dial their peers anew, so that their connections pass through the netem agent at once. Otherwise the next packet
 * on each would be lost, and the connection reset.
 * @param pairs addresses of the nodes whose connections are concerned, whichever of the two dials
 */
export async function reconnectLinks(
  network: Pick<RunningNetwork, 'dialer' | 'addresses' | 'nodes'>,
  links: readonly Link[],
  pairs: readonly ClientServer[],
): Promise<void> {
  if (pairs.length === 0) return;
  const concerned = new Set(pairs.map(({ client, server }) => `${client} ${server}`));
  const nodes = await network.nodes();
  const running = new Map(nodes.flatMap(({ name, state, host }) => (state === 'running' ? [[name, host]] : [])));
  const peers = new Map<string, string[]>();
  for (const { from, to } of links) {
    if (concerned.has(`${running.get(from)} ${running.get(to)}`)) peers.set(from, [...(peers.get(from) ?? []), to]);
  }
  const reconciler = new LinkReconciler({ network, links });
  try {
    await Promise.all([...peers].map(([node, its]) => reconciler.reconnect(node, its)));
  } finally {
    reconciler.close();
  }
}
