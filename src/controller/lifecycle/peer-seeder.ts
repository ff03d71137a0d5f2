import { setTimeout as wait } from 'node:timers/promises';
import { findDrift, hasNoDrift, type NodeReport } from '../../network/drift.ts';
import { NodeClient, type NodeEndpoint, NodeRequestError } from '../../network/peer-control/node-client.ts';
import { queryNode } from '../../network/peer-control/query-node.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { Link } from '../../topology/model/topology.ts';
import type { PlanStep } from './plan.ts';

/** A node may take its time to reply to `add_peer`, or — the source does not ask for it — never reply. Milliseconds. */
const REPLY_TIMEOUT_MS = 2_000;
/** A dial that is not answered is made anew: the kernel alone would wait twice as long after each lost packet. Milliseconds. */
const DIAL_TIMEOUT_MS = 1_000;
/** First and longest pause between two tries at the same thing, milliseconds. */
const MIN_RETRY_DELAY_MS = 20;
const MAX_RETRY_DELAY_MS = 250;
/** From a node's start to the first dial, milliseconds. Dials that come too soon take time from nodes that still start. */
const FIRST_DIAL_DELAY_MS = 100;
/** From the last `add_peer` of a node to the first question whether its links stand, milliseconds. */
const FIRST_VERIFY_DELAY_MS = 60;

type LinkStep = Extract<PlanStep, { from: string }>;
type SeedProgress = { step: 'listening' | 'seeded' | 'verified'; done: number };

/** Tells nodes of their peers, link by link as both ends come to listen, and asks them until they have them. */
export class PeerSeeder {
  /** Of each node: the links that are to stand in the end, and the steps that get there. */
  readonly #links = new Map<string, Link[]>();
  readonly #steps = new Map<string, LinkStep[]>();
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;
  readonly #progress: (step: SeedProgress) => void;
  readonly #clients = new Map<string, NodeClient>();
  /** `host:port` by name. */
  readonly #addresses = new Map<string, string>();
  readonly #listeningNodes = new Map<string, { promise: Promise<void>; resolve: () => void }>();
  readonly #reports: Promise<NodeReport>[];
  #progressCounts = { listening: 0, seeded: 0, verified: 0 };

  /**
   * @param links that are to stand in the end
   * @param steps the plan; of it, the links to add and to remove are carried out here
   * @param timeout milliseconds that a node may take to listen, and links to stand once seeded
   */
  constructor(
    nodes: readonly { node: string; target: NodeEndpoint }[],
    links: readonly Link[],
    steps: readonly PlanStep[],
    timeout: number,
    signal: AbortSignal,
    progress: (step: SeedProgress) => void,
  ) {
    this.#timeoutMs = timeout;
    this.#signal = signal;
    this.#progress = progress;
    for (const { node, target } of nodes) {
      this.#clients.set(node, new NodeClient(target));
      this.#addresses.set(node, `${target.host}:${target.port}`);
      this.#listeningNodes.set(node, createDeferred());
      this.#links.set(node, []);
      this.#steps.set(node, []);
    }
    for (const link of links) this.#links.get(link.from)?.push(link);
    for (const step of steps) if ('from' in step) this.#steps.get(step.from)?.push(step);
    this.#reports = nodes.map(({ node }) => this.#seedAndVerify(node));
    for (const report of this.#reports) report.catch(() => {}); // Failures are told by verified().
  }

  /**
   * Dials a node that was started until it accepts.
   * @param fresh it was started this moment, and has yet to load its program
   * @returns false when it did not accept within the timeout
   */
  async waitUntilListening(node: string, fresh: boolean): Promise<boolean> {
    const client = this.#client(node);
    const deadline = Date.now() + this.#timeoutMs;
    if (fresh) await wait(FIRST_DIAL_DELAY_MS, undefined, { signal: this.#signal });
    for (
      let pause = fresh ? FIRST_DIAL_DELAY_MS / 2 : MIN_RETRY_DELAY_MS;
      ;
      pause = Math.min(pause * 1.5, MAX_RETRY_DELAY_MS)
    ) {
      this.#signal.throwIfAborted();
      const left = deadline - Date.now();
      if (left <= 0) return false;
      try {
        await client.dial(Math.min(left, DIAL_TIMEOUT_MS));
        break;
      } catch (failure) {
        if (!(failure instanceof NodeRequestError)) throw failure;
      }
      await wait(pause, undefined, { signal: this.#signal });
    }
    this.#reportProgress('listening');
    this.#listeningNodes.get(node)?.resolve();
    return true;
  }

  /** What every node says of its peers, once it says what is declared or its time is over. */
  async verified(): Promise<NodeReport[]> {
    return Promise.all(this.#reports);
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  async #seedAndVerify(node: string): Promise<NodeReport> {
    await this.#listeningNodes.get(node)?.promise;
    await Promise.all(
      (this.#steps.get(node) as LinkStep[]).map(async (step) => {
        if (step.do === 'remove link') {
          await this.#requestPeerChange(node, 'remove_peer', step.to, step.address);
        } else {
          await this.#listeningNodes.get(step.to)?.promise;
          await this.#requestPeerChange(node, 'add_peer', step.to, this.#addresses.get(step.to) as string);
        }
        this.#reportProgress('seeded');
      }),
    );
    return this.#verify(node, this.#links.get(node) as Link[]);
  }

  async #requestPeerChange(node: string, type: 'add_peer' | 'remove_peer', to: string, payload: string): Promise<void> {
    const deadline = Date.now() + this.#timeoutMs;
    for (let pause = MIN_RETRY_DELAY_MS; ; pause = Math.min(pause * 1.5, MAX_RETRY_DELAY_MS)) {
      try {
        const reply = await this.#client(node).request({ message_type: type, payload }, REPLY_TIMEOUT_MS);
        if (reply.message_type !== 'error') return;
        throw new DevnetError(
          'not_verified',
          `${node} refused ${type} "${payload}" (${to}): ${JSON.stringify(reply.payload)}`,
          type === 'remove_peer'
            ? {
                hint: `a node that knows no remove_peer keeps its links: remove ${node} from the file, up, and put it back`,
              }
            : {},
        );
      } catch (failure) {
        if (!(failure instanceof NodeRequestError)) throw failure;
        // Sent and not answered is good enough: whether it took effect is what verification is for.
        if (failure.reason !== 'refused' && failure.reason !== 'unreachable') return;
        // It listened before. If it died, the one who watches for that says so; else it gets its time.
        if (Date.now() >= deadline)
          throw new DevnetError('node_unreachable', `${node} no longer accepts connections: ${failure.message}`);
      }
      await wait(pause, undefined, { signal: this.#signal });
    }
  }

  async #verify(node: string, links: Link[]): Promise<NodeReport> {
    const deadline = Date.now() + this.#timeoutMs;
    let before: NodeReport['source'] | undefined;
    for (let pause = FIRST_VERIFY_DELAY_MS; ; pause = Math.min(pause * 2, MAX_RETRY_DELAY_MS)) {
      // Links take a moment to stand, and a question costs the machine that is still starting other nodes.
      if (links.length > 0 || before !== undefined) await wait(pause, undefined, { signal: this.#signal });
      const { report } = await queryNode(this.#client(node), node, before);
      if (hasNoDrift(findDrift(links, this.#addresses, [report]))) {
        this.#reportProgress('verified', links.length);
        return report;
      }
      if (Date.now() >= deadline) return report;
      before = report.source === 'down' ? before : report.source;
    }
  }

  #client(node: string): NodeClient {
    return this.#clients.get(node) as NodeClient;
  }

  #reportProgress(step: SeedProgress['step'], by = 1): void {
    this.#progressCounts[step] += by;
    this.#progress({ step, done: this.#progressCounts[step] });
  }
}

function createDeferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
