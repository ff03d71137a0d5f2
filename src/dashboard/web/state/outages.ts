import type { RecordedNode } from '../../../recording/recording-event.ts';

/** Nodes that stopped running together, until all of them run again. */
export interface Outage {
  nodes: readonly string[];
  /** `ended`, `paused`. */
  what: string;
  fromMs: number;
  /** Absent while any of them does not run. */
  toMs?: number;
}

/** Times in which nodes did not run, whatever the reason. */
export class Outages {
  readonly list: Outage[] = [];
  /** By node, those that are not over. */
  readonly #open = new Map<string, { outage: Outage; left: Set<string> }>();

  /** Notes states of nodes. One that is known already changes nothing. */
  add(nodes: readonly RecordedNode[], atMs: number): void {
    const stopped = new Map<string, string[]>();
    for (const { name, state } of nodes) {
      const what = WHAT[state];
      if (this.#open.get(name)?.outage.what === what) continue;
      this.#close(name, atMs);
      if (what !== undefined) stopped.set(what, [...(stopped.get(what) ?? []), name]);
    }
    for (const [what, names] of stopped) {
      const outage: Outage = { nodes: names, what, fromMs: atMs };
      const open = { outage, left: new Set(names) };
      for (const name of names) this.#open.set(name, open);
      this.list.push(outage);
    }
  }

  #close(name: string, atMs: number): void {
    const open = this.#open.get(name);
    if (!open) return;
    this.#open.delete(name);
    open.left.delete(name);
    if (open.left.size === 0) open.outage.toMs = atMs;
  }
}

const WHAT: Partial<Record<RecordedNode['state'], string>> = { exited: 'ended', dead: 'ended', paused: 'paused' };
