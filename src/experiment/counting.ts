import type { Actions } from '../scenario/index.ts';
import type { Address } from './tell.ts';
import { type Count, less, NOTHING, plus } from './traffic.ts';

/** Asks running nodes what they have counted since they were started; undefined where one of them does not count. */
export type Ask = (addresses: readonly Address[]) => Promise<ReadonlyMap<string, Count> | undefined>;

/**
 * What nodes count from a moment on, over all their lives: one that is started again counts from nothing, so that it is
 * asked right before it ends. What it counts between that and its end, nobody knows.
 */
export class Counting {
  readonly #ask: Ask;
  readonly #addresses: readonly Address[];
  /** What the running life of each node is counted from. */
  #from: ReadonlyMap<string, Count> | undefined;
  /** What the lives that have ended since had counted. */
  readonly #past = new Map<string, Count>();
  readonly #ended = new Set<string>();
  #exact = true;
  /** Nodes that are being asked for the last time. */
  readonly #ending = new Set<Promise<void>>();
  /** How many lives have ended or begun: what was asked of all across such a moment does not fit together. */
  #turns = 0;

  constructor(ask: Ask, addresses: readonly Address[]) {
    this.#ask = ask;
    this.#addresses = addresses;
  }

  /** Whether no node has ended since the start: only then do the counts of all fit together. */
  get exact(): boolean {
    return this.#exact;
  }

  /** What is counted is counted from here. */
  async start(): Promise<void> {
    this.#from = await this.#askRunning();
    this.#past.clear();
    this.#exact = this.#ended.size === 0;
  }

  /** To be called before a node's process ends. It waits for nobody but that node. */
  async ending(node: string): Promise<void> {
    this.#exact = false;
    this.#ended.add(node);
    this.#turns++;
    const last = this.#last(node);
    this.#ending.add(last);
    await last.finally(() => this.#ending.delete(last));
  }

  /** To be called once a node that ended runs again. */
  begun(node: string): void {
    this.#ended.delete(node);
    this.#turns++;
  }

  /** What each node has counted since the start; undefined where some node does not answer, or did not when it ended. */
  async read(): Promise<Map<string, Count> | undefined> {
    const now = this.#from && (await this.#askRunning());
    const from = this.#from;
    if (from === undefined || now === undefined) return undefined;
    const known = this.#addresses.map(({ node }) => {
      const life = less(now.get(node) ?? NOTHING, from.get(node) ?? NOTHING);
      return [node, plus(this.#past.get(node) ?? NOTHING, life)] as const;
    });
    return new Map(known);
  }

  async #last(node: string): Promise<void> {
    const address = this.#addresses.filter((one) => one.node === node);
    // A busy machine may let a question go by; this one cannot be put later.
    const counted = (await this.#ask(address)) ?? (await this.#ask(address));
    const last = counted?.get(node);
    if (last === undefined || this.#from === undefined) {
      this.#from = undefined; // Known no more, until the next start.
      return;
    }
    const life = less(last, this.#from.get(node) ?? NOTHING);
    this.#past.set(node, plus(this.#past.get(node) ?? NOTHING, life));
    this.#from = new Map([...this.#from].filter(([name]) => name !== node));
  }

  /** Anew when a life ended or began meanwhile. */
  async #askRunning(): Promise<ReadonlyMap<string, Count> | undefined> {
    for (;;) {
      await Promise.all(this.#ending);
      const turns = this.#turns;
      const counts = await this.#ask(this.#addresses.filter(({ node }) => !this.#ended.has(node)));
      if (turns === this.#turns) return counts;
    }
  }
}

/** Actions by which nodes that are to end are asked first what they counted. */
export function withCounts(actions: Actions, counting: Pick<Counting, 'ending' | 'begun'>): Actions {
  return {
    ...actions,
    inject: async (fault, tag) => {
      if (fault.kind !== 'kill' && fault.kind !== 'stop' && fault.kind !== 'restart') return actions.inject(fault, tag);
      const { node } = fault;
      await counting.ending(node);
      const injected = await actions.inject(fault, tag);
      if (fault.kind === 'restart') {
        counting.begun(node);
        return injected;
      }
      return {
        heal: async () => {
          await injected.heal();
          counting.begun(node);
        },
      };
    },
  };
}
