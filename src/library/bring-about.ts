import { askNode } from '../devnet/ask.ts';
import { type Drift, describeDrift, findDrift, isFree, type NodeReport } from '../devnet/drift.ts';
import { NodeClient, NodeSilent } from '../devnet/node-client.ts';
import { DevnetError } from '../errors.ts';
import type { Link } from '../topology/index.ts';
import { addressesOf } from './ask-nodes.ts';
import type { Backend, BackendNode } from './backend.ts';
import { poll } from './patience.ts';

/** How long a node may take to reply to what it is told in one go, milliseconds. */
const REPLY_PATIENCE = 2_000;
/** Between two looks at the nodes, milliseconds. */
const EVERY = 20;

interface BringAboutOptions {
  /** Milliseconds. */
  timeout: number;
  signal: AbortSignal;
  /** This node is looked at, and no other. */
  only?: string;
  /** As they were a moment ago; by default they are looked up. */
  nodes?: readonly BackendNode[];
}

/**
 * Tells running nodes what they lack of the declared links, and what they have beyond them, until there is no difference.
 * Nodes that do not run are left as they are, and so are links to them once their other end knows of them.
 * @throws DevnetError `not_verified` with the difference that is left
 */
export async function bringAbout(
  backend: Backend,
  links: readonly Link[],
  { timeout, signal, only, nodes }: BringAboutOptions,
): Promise<void> {
  const changing = new Changing(backend, links, only, nodes);
  const fatal = (cause: unknown) => cause instanceof DevnetError;
  try {
    const outcome = await poll(() => changing.goOn(), isFree, { timeout, every: EVERY, signal, fatal });
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
class Changing {
  readonly #backend: Backend;
  readonly #links: readonly Link[];
  readonly #clients = new Map<string, NodeClient>();
  readonly #only: string | undefined;
  #nodes: readonly BackendNode[] = [];
  /** Nodes whose links are not known to be right. */
  #open: BackendNode[] = [];
  /** Nodes that cannot be asked are told once, and taken at their word. */
  readonly #told = new Set<string>();

  constructor(
    backend: Backend,
    links: readonly Link[],
    only: string | undefined,
    nodes: readonly BackendNode[] | undefined,
  ) {
    this.#backend = backend;
    this.#links = links;
    this.#only = only;
    if (nodes) this.#take(nodes);
  }

  /** Asks those nodes that are not right yet, and tells them what is missing. @returns the difference that was found */
  async goOn(): Promise<Drift> {
    if (this.#nodes.length === 0) await this.#look();
    const addresses = addressesOf(this.#nodes);
    const found = await Promise.all(
      this.#open.map(async (node) => {
        const { report } = await askNode(this.#client(node), node.name);
        const own = this.#links.filter(({ from }) => from === node.name);
        const drift = this.#judge(findDrift(own, addresses, [report]));
        await this.#tell(node, this.#changes(report, drift), addresses, report.by === 'get_status');
        return { node, drift };
      }),
    );
    this.#open = found.flatMap(({ node, drift }) => (isFree(drift) ? [] : [node]));
    // Whoever runs, and does not answer, may have ended meanwhile.
    if (found.some(({ drift }) => drift.down.length > 0)) this.#nodes = [];
    return merged(found.map(({ drift }) => drift));
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  async #look(): Promise<void> {
    this.#take(await this.#backend.nodes());
  }

  #take(nodes: readonly BackendNode[]): void {
    this.#nodes = nodes;
    this.#open = this.#nodes.filter(
      ({ name, state }) => state === 'running' && (this.#only === undefined || name === this.#only),
    );
  }

  /** A link to a node that does not run cannot stand, and need not. */
  #judge(drift: Drift): Drift {
    const running = new Set(this.#nodes.filter(({ state }) => state === 'running').map(({ name }) => name));
    return { ...drift, broken: drift.broken.filter(({ to }) => running.has(to)) };
  }

  #changes({ node, by }: NodeReport, { missing, extra }: Drift): Change[] {
    const add = (links: readonly Link[]) => links.map(({ to }) => ({ type: 'add_peer' as const, to }));
    const remove = (links: readonly Link[]) => links.map(({ to }) => ({ type: 'remove_peer' as const, to }));
    if (by !== 'none') return [...add(missing), ...remove(extra)];
    if (this.#told.has(node)) return [];
    this.#told.add(node);
    const own = this.#links.filter(({ from }) => from === node);
    const kept = new Set(own.map(({ to }) => to));
    const before = this.#backend.topology.links.filter(({ from, to }) => from === node && !kept.has(to));
    return [...add(own), ...remove(before)];
  }

  /** @param inOneGo the node reads more than one message of a connection, so that one round trip is enough for all */
  async #tell(
    node: BackendNode,
    changes: readonly Change[],
    addresses: ReadonlyMap<string, string>,
    inOneGo: boolean,
  ): Promise<void> {
    const told = changes.map((change) => ({ ...change, payload: addresses.get(change.to) ?? change.to }));
    for (const some of inOneGo ? [told] : told.map((one) => [one])) {
      if (some.length === 0) continue;
      const messages = some.map(({ type, payload }) => ({ message_type: type, payload }));
      try {
        const replies = await this.#client(node).requestAll(messages, REPLY_PATIENCE);
        for (const [place, reply] of replies.entries()) {
          if (reply.message_type === 'error') throw refused(node.name, some[place] as Told, reply.payload);
        }
      } catch (cause) {
        // Whether it took effect is what the next look is for.
        if (!(cause instanceof NodeSilent)) throw cause;
      }
    }
  }

  #client({ name, host, port }: BackendNode): NodeClient {
    const known = this.#clients.get(name);
    if (known) return known;
    const client = new NodeClient({ host, port, route: this.#backend.route });
    this.#clients.set(name, client);
    return client;
  }
}

interface Change {
  type: 'add_peer' | 'remove_peer';
  /** The name of a node, or the address of something that is none. */
  to: string;
}

interface Told extends Change {
  /** `host:port` */
  payload: string;
}

function refused(node: string, { type, payload, to }: Told, why: unknown): DevnetError {
  return new DevnetError('not_verified', `${node} refused ${type} "${payload}" (${to}): ${JSON.stringify(why)}`);
}

const NO_DRIFT: Drift = { missing: [], broken: [], extra: [], unknown: [], down: [] };

function merged(drifts: readonly Drift[]): Drift {
  return {
    missing: drifts.flatMap(({ missing }) => missing),
    broken: drifts.flatMap(({ broken }) => broken),
    extra: drifts.flatMap(({ extra }) => extra),
    unknown: drifts.flatMap(({ unknown }) => unknown),
    down: drifts.flatMap(({ down }) => down),
  };
}
