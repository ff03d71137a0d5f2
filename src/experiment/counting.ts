import pLimit from 'p-limit';
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
  /** Whoever reads while a node ends would have its counts twice, or not at all. */
  readonly #inTurn = pLimit(1);

  constructor(ask: Ask, addresses: readonly Address[]) {
    this.#ask = ask;
    this.#addresses = addresses;
  }

  /** Whether no node has ended since the start: only then do the counts of all fit together. */
  get exact(): boolean {
    return this.#exact;
  }

  /** What is counted is counted from here. */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      this.#past.clear();
      this.#exact = this.#ended.size === 0;
      this.#from = await this.#ask(this.#running());
    });
  }

  /** To be called before a node's process ends. */
  ending(node: string): Promise<void> {
    return this.#inTurn(async () => {
      const counted = await this.#ask(this.#addresses.filter((address) => address.node === node));
      this.#exact = false;
      this.#ended.add(node);
      const last = counted?.get(node);
      if (last === undefined || this.#from === undefined) {
        this.#from = undefined; // Known no more, until the next start.
        return;
      }
      const life = less(last, this.#from.get(node) ?? NOTHING);
      this.#past.set(node, plus(this.#past.get(node) ?? NOTHING, life));
      this.#from = new Map([...this.#from].filter(([name]) => name !== node));
    });
  }

  /** To be called once a node that ended runs again. */
  begun(node: string): Promise<void> {
    return this.#inTurn(() => {
      this.#ended.delete(node);
    });
  }

  /** What each node has counted since the start; undefined where some node does not count, or did not when it ended. */
  read(): Promise<Map<string, Count> | undefined> {
    return this.#inTurn(async () => {
      const from = this.#from;
      const now = from && (await this.#ask(this.#running()));
      if (from === undefined || now === undefined) return undefined;
      const known = this.#addresses.map(({ node }) => {
        const life = less(now.get(node) ?? NOTHING, from.get(node) ?? NOTHING);
        return [node, plus(this.#past.get(node) ?? NOTHING, life)] as const;
      });
      return new Map(known);
    });
  }

  #running(): Address[] {
    return this.#addresses.filter(({ node }) => !this.#ended.has(node));
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
        await counting.begun(node);
        return injected;
      }
      return {
        heal: async () => {
          await injected.heal();
          await counting.begun(node);
        },
      };
    },
  };
}
