import { DevnetError } from '../shared/errors.ts';
import { poll } from '../shared/poll.ts';
import type { Link } from '../topology/index.ts';
import { type Drift, describeDrift, findDrift, hasNoDrift, type NodeReport } from './drift.ts';
import { addressesByName } from './node-names.ts';
import { NodeClient, NodeRequestError } from './peer-control/node-client.ts';
import { queryNode } from './peer-control/query-node.ts';
import type { RunningNetwork, RunningNode } from './running-network.ts';

/** How long a node may take to reply to what it is told in one go, milliseconds. */
const REPLY_TIMEOUT_MS = 2_000;
/** Between two looks at the nodes, milliseconds. */
const POLL_INTERVAL_MS = 20;

interface ReconcileOptions {
  /** Milliseconds. */
  timeoutMs: number;
  signal: AbortSignal;
  /** This node is looked at, and no other. */
  onlyNode?: string;
  /** As they were a moment ago; by default they are looked up. */
  nodes?: readonly RunningNode[];
}

/**
 * Tells running nodes what they lack of the declared links, and what they have beyond them, until there is no difference.
 * Nodes that do not run are left as they are, and so are links to them once their other end knows of them.
 * @throws DevnetError `not_verified` with the difference that is left
 */
export async function reconcileLinks(
  backend: RunningNetwork,
  links: readonly Link[],
  { timeoutMs: timeout, signal, onlyNode: only, nodes }: ReconcileOptions,
): Promise<void> {
  const changing = new LinkReconciler(backend, links, only, nodes);
  const fatal = (cause: unknown) => cause instanceof DevnetError;
  try {
    const outcome = await poll(() => changing.reconcileOnce(), hasNoDrift, {
      timeoutMs: timeout,
      intervalMs: POLL_INTERVAL_MS,
      signal,
      isFatal: fatal,
    });
    if (outcome.met) return;
    const left = describeDrift(outcome.last ?? NO_DRIFT);
    const why = outcome.failure instanceof Error ? [outcome.failure.message] : [];
    const lines = [`the graph is not the declared one after ${timeout / 1000} s`, ...left, ...why];
    throw new DevnetError('not_verified', lines.join('\n  '), { hint: '`timeout` waits longer' });
  } finally {
    changing.close();
  }
}

/** Nodes on their way to other links. Each is asked until it has them, and no longer. */
class LinkReconciler {
  readonly #backend: RunningNetwork;
  readonly #links: readonly Link[];
  readonly #clients = new Map<string, NodeClient>();
  readonly #onlyNode: string | undefined;
  #nodes: readonly RunningNode[] = [];
  /** Nodes whose links are not known to be right. */
  #pending: RunningNode[] = [];
  /** Nodes that cannot be asked are told once, and taken at their word. */
  readonly #updatedBlindly = new Set<string>();

  constructor(
    backend: RunningNetwork,
    links: readonly Link[],
    only: string | undefined,
    nodes: readonly RunningNode[] | undefined,
  ) {
    this.#backend = backend;
    this.#links = links;
    this.#onlyNode = only;
    if (nodes) this.#setNodes(nodes);
  }

  /** Asks those nodes that are not right yet, and tells them what is missing. @returns the difference that was found */
  async reconcileOnce(): Promise<Drift> {
    if (this.#nodes.length === 0) await this.#refreshNodes();
    const addresses = addressesByName(this.#backend);
    const found = await Promise.all(
      this.#pending.map(async (node) => {
        const { report } = await queryNode(this.#clientFor(node), node.name);
        const own = this.#links.filter(({ from }) => from === node.name);
        const drift = this.#ignoreStoppedPeers(findDrift(own, addresses, [report]));
        await this.#sendChanges(node, this.#planChanges(report, drift), addresses, report.source === 'get_status');
        return { node, drift };
      }),
    );
    this.#pending = found.flatMap(({ node, drift }) => (hasNoDrift(drift) ? [] : [node]));
    // Whoever runs, and does not answer, may have ended meanwhile.
    if (found.some(({ drift }) => drift.down.length > 0)) this.#nodes = [];
    return mergeDrifts(found.map(({ drift }) => drift));
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  async #refreshNodes(): Promise<void> {
    this.#setNodes(await this.#backend.nodes());
  }

  #setNodes(nodes: readonly RunningNode[]): void {
    this.#nodes = nodes;
    this.#pending = this.#nodes.filter(
      ({ name, state }) => state === 'running' && (this.#onlyNode === undefined || name === this.#onlyNode),
    );
  }

  /** A link to a node that does not run cannot stand, and need not. */
  #ignoreStoppedPeers(drift: Drift): Drift {
    const running = new Set(this.#nodes.filter(({ state }) => state === 'running').map(({ name }) => name));
    return { ...drift, broken: drift.broken.filter(({ to }) => running.has(to)) };
  }

  #planChanges({ node, source: by }: NodeReport, { missing, extra }: Drift): PeerChange[] {
    const add = (links: readonly Link[]) => links.map(({ to }) => ({ type: 'add_peer' as const, to }));
    const remove = (links: readonly Link[]) => links.map(({ to }) => ({ type: 'remove_peer' as const, to }));
    if (by !== 'none') return [...add(missing), ...remove(extra)];
    if (this.#updatedBlindly.has(node)) return [];
    this.#updatedBlindly.add(node);
    const own = this.#links.filter(({ from }) => from === node);
    const kept = new Set(own.map(({ to }) => to));
    const before = this.#backend.topology.links.filter(({ from, to }) => from === node && !kept.has(to));
    return [...add(own), ...remove(before)];
  }

  /** @param inOneGo the node reads more than one message of a connection, so that one round trip is enough for all */
  async #sendChanges(
    node: RunningNode,
    changes: readonly PeerChange[],
    addresses: ReadonlyMap<string, string>,
    inOneGo: boolean,
  ): Promise<void> {
    const told = changes.map((change) => ({ ...change, payload: addresses.get(change.to) ?? change.to }));
    for (const some of inOneGo ? [told] : told.map((one) => [one])) {
      if (some.length === 0) continue;
      const messages = some.map(({ type, payload }) => ({ message_type: type, payload }));
      try {
        const replies = await this.#clientFor(node).requestAll(messages, REPLY_TIMEOUT_MS);
        for (const [place, reply] of replies.entries()) {
          if (reply.message_type === 'error')
            throw peerChangeRefusedError(node.name, some[place] as AddressedPeerChange, reply.payload);
        }
      } catch (cause) {
        // Whether it took effect is what the next look is for.
        if (!(cause instanceof NodeRequestError)) throw cause;
      }
    }
  }

  #clientFor({ name, host, port }: RunningNode): NodeClient {
    const known = this.#clients.get(name);
    if (known) return known;
    const client = new NodeClient({ host, port, dialer: this.#backend.dialer });
    this.#clients.set(name, client);
    return client;
  }
}

interface PeerChange {
  type: 'add_peer' | 'remove_peer';
  /** The name of a node, or the address of something that is none. */
  to: string;
}

interface AddressedPeerChange extends PeerChange {
  /** `host:port` */
  payload: string;
}

function peerChangeRefusedError(node: string, { type, payload, to }: AddressedPeerChange, why: unknown): DevnetError {
  return new DevnetError('not_verified', `${node} refused ${type} "${payload}" (${to}): ${JSON.stringify(why)}`);
}

const NO_DRIFT: Drift = { missing: [], broken: [], extra: [], unknown: [], down: [] };

function mergeDrifts(drifts: readonly Drift[]): Drift {
  return {
    missing: drifts.flatMap(({ missing }) => missing),
    broken: drifts.flatMap(({ broken }) => broken),
    extra: drifts.flatMap(({ extra }) => extra),
    unknown: drifts.flatMap(({ unknown }) => unknown),
    down: drifts.flatMap(({ down }) => down),
  };
}
