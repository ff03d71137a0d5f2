import { hasNoDrift } from '../../network/links/drift.ts';
import type { NodeReport } from '../../network/links/node-report.ts';
import type { PlanStep } from '../../network/plan-step.ts';
import type { PlannedPeerChange } from '../../network/reconcile/link-changes.ts';
import { FIRST_LIST_DELAY_MS, LinkReconciler } from '../../network/reconcile/link-reconciler.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import { groupBy } from '../../shared/group-by.ts';
import type { Link } from '../../topology/model/topology.ts';

type SeedProgress = { step: 'listening' | 'seeded'; done: number } | { step: 'verified'; done: number; listed: number };

/** Seeds the links of a plan while nodes still start: link by link, as soon as both ends listen, and verifies them. */
export class PeerSeeder {
  readonly #reconciler: LinkReconciler;
  readonly #timeoutMs: number;
  readonly #startsNodes: boolean;
  readonly #onProgress: (progress: SeedProgress) => void;
  readonly #counts = { listening: 0, seeded: 0, verified: 0, listed: 0 };
  readonly #reports: Promise<NodeReport[]>;

  /**
   * @param links that stand in the end
   * @param steps of the plan; those for links are carried out here
   * @param timeoutMs milliseconds for a node to listen, and for its links to stand once they were seeded
   * @param onStalled called once when links do not connect for a while; returns whether it changed anything
   */
  constructor(
    network: Pick<RunningNetwork, 'dialer' | 'addresses'>,
    links: readonly Link[],
    steps: readonly PlanStep[],
    timeoutMs: number,
    signal: AbortSignal,
    onProgress: (progress: SeedProgress) => void,
    onStalled?: () => Promise<boolean>,
  ) {
    const nodes = [...network.addresses.keys()];
    this.#timeoutMs = timeoutMs;
    this.#onProgress = onProgress;
    this.#reconciler = new LinkReconciler({ network, links, starting: nodes, onStalled, signal });
    const changes = groupBy(
      steps.filter((step) => 'from' in step),
      ({ from }) => from,
    );
    this.#startsNodes = steps.some((step) => step.do === 'make node');
    const made = new Set(steps.flatMap((step) => (step.do === 'make node' ? step.node : [])));
    const linksFrom = groupBy(links, ({ from }) => from);
    this.#reports = Promise.all(
      nodes.map(async (node) => {
        const peers = (linksFrom.get(node) ?? []).map(({ to }) => to);
        // A node that died while its packets were cut off left its peers with connections that they take for live ones.
        const stale = made.has(node) ? [] : peers.filter((peer) => made.has(peer));
        if (stale.length > 0) await this.#reconciler.reconnect(node, stale);
        // New nodes start one after the other, and a link to one does not wait for the next.
        const planned = (changes.get(node) ?? []).map(toChange);
        const alone = planned.filter(({ to }) => made.has(to)).map((change) => [change]);
        const together = planned.filter(({ to }) => !made.has(to));
        return this.#seed(node, [together, ...alone], peers.length, !made.has(node));
      }),
    );
    this.#reports.catch(() => {}); // Thrown by verified().
  }

  /**
   * Dials a node until it accepts.
   * @param justStarted the node has yet to load its program
   * @returns false when it did not accept before the timeout
   */
  async waitUntilListening(node: string, justStarted: boolean): Promise<boolean> {
    const listens = await this.#reconciler.waitUntilListening(node, this.#timeoutMs, justStarted);
    if (listens) this.#count('listening');
    return listens;
  }

  /** Returns what every node says of its peers once its links stand, or its time has passed. */
  verified(): Promise<NodeReport[]> {
    return this.#reports;
  }

  close(): void {
    this.#reconciler.close();
  }

  /**
   * @param groups changes that are sent together
   * @param isKept it ran before, so that its peers may have been restarted while its packets to them were cut off
   */
  async #seed(
    node: string,
    groups: readonly (readonly PlannedPeerChange[])[],
    links: number,
    isKept: boolean,
  ): Promise<NodeReport> {
    await Promise.all(
      groups.map(async (changes) => {
        await this.#reconciler.apply(node, changes, this.#timeoutMs);
        for (const _ of changes) this.#count('seeded');
      }),
    );
    // A question costs the machine that is still starting other nodes, so it is not asked before links can stand.
    const firstDelayMs = links > 0 ? FIRST_LIST_DELAY_MS : 0;
    const { report, drift } = await this.#reconciler.converge(node, {
      timeoutMs: this.#timeoutMs,
      firstDelayMs,
      measureRoundTrips: isKept,
      ...(this.#startsNodes ? {} : { retryDelayMs: FIRST_LIST_DELAY_MS / 2 }),
    });
    if (hasNoDrift(drift)) {
      this.#counts.verified += links;
      this.#counts.listed += drift.listed.length;
      this.#onProgress({ step: 'verified', done: this.#counts.verified, listed: this.#counts.listed });
    }
    return report;
  }

  #count(step: 'listening' | 'seeded'): void {
    this.#counts[step]++;
    this.#onProgress({ step, done: this.#counts[step] });
  }
}

function toChange(step: Extract<PlanStep, { from: string }>): PlannedPeerChange {
  return step.do === 'add link' ? { type: 'add', to: step.to } : { type: 'remove', to: step.to, address: step.address };
}
