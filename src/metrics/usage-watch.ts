import type { ResourceUsage, RunningNetwork } from '../network/running-network.ts';

/** Time for the first counts, which come about once a second. */
const FIRST_COUNT_TIMEOUT_MS = 3_000;
/** Age from which a count says that nobody counts any more, as of a node that was started again. */
const STALE_AFTER_MS = 5_000;

/** Watches what the nodes of a network use; empty where the runtime does not count it. */
export class UsageWatch {
  readonly #network: RunningNetwork;
  readonly #signal: AbortSignal;
  readonly #usage = new Map<string, { usage: ResourceUsage; countedAt: number }>();
  #stop = new AbortController();
  #startedAt = Number.NEGATIVE_INFINITY;

  constructor(network: RunningNetwork, signal: AbortSignal) {
    this.#network = network;
    this.#signal = signal;
  }

  /** Returns the last count of each node that runs. Waits for the first ones. */
  async read(): Promise<ReadonlyMap<string, ResourceUsage>> {
    if (!this.#network.capabilities.has('resource-usage')) return new Map();
    const running = (await this.#network.nodes()).flatMap(({ name, state }) => (state === 'running' ? [name] : []));
    const now = performance.now();
    const isStale = (name: string) =>
      now - (this.#usage.get(name)?.countedAt ?? Number.NEGATIVE_INFINITY) > STALE_AFTER_MS;
    if (running.some(isStale) && now - this.#startedAt > STALE_AFTER_MS) await this.#restart(running);
    const counted = running.flatMap((name) => {
      const found = this.#usage.get(name);
      return found ? [[name, found.usage] as const] : [];
    });
    return new Map(counted);
  }

  async #restart(running: readonly string[]): Promise<void> {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#startedAt = performance.now();
    const missing = new Set(running);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, FIRST_COUNT_TIMEOUT_MS);
      const end = () => {
        clearTimeout(timer);
        resolve();
      };
      const onUsage = (node: string, usage: ResourceUsage) => {
        this.#usage.set(node, { usage, countedAt: performance.now() });
        if (missing.delete(node) && missing.size === 0) end();
      };
      // Why it ends, the next status says.
      this.#network.watchUsage(onUsage, AbortSignal.any([this.#signal, this.#stop.signal])).then(end, end);
    });
  }
}
