import { parseTopologyObject, type Topology, TopologyError } from '../topology/index.ts';
import type { Path } from '../topology/path.ts';
import type { Reading } from '../topology/reading.ts';
import { isMap, valueAt } from '../topology/wording.ts';
import type { Cell } from './expand.ts';
import { fill } from './template.ts';

/** Stands in a template for the seed of the run. */
export const SEED = 'seed';

/** Makes the topologies of an experiment; those that are asked for twice are made once. */
export class Networks {
  readonly #reading: Reading;
  readonly #template: unknown;
  readonly #name: string;
  readonly #made = new Map<string, Topology | undefined>();
  readonly #standIns = new Map<string | undefined, Topology | undefined>();

  constructor(reading: Reading, template: unknown, name: string) {
    this.#reading = reading;
    this.#template = template;
    this.#name = name;
  }

  /** Undefined when it has mistakes, which are then noted. */
  make(cell: Cell, seed: number): Topology | undefined {
    const filled = filledFor(this.#template, cell, seed);
    const text = JSON.stringify(filled);
    if (!this.#made.has(text)) this.#made.set(text, this.#parse(filled, cell, seed));
    return this.#made.get(text);
  }

  /**
   * The same nodes, with links from all to all: what is done to nodes and links can be looked at by it where the topology
   * has mistakes. Undefined when its nodes have some.
   */
  standIn(cell: Cell, seed: number): Topology | undefined {
    const filled = filledFor(this.#template, cell, seed);
    const nodes = isMap(filled) ? filled.nodes : undefined;
    const text = JSON.stringify(nodes);
    if (!this.#standIns.has(text)) this.#standIns.set(text, parsed({ nodes, links: 'mesh' }, this.#name));
    return this.#standIns.get(text);
  }

  #parse(filled: unknown, cell: Cell, seed: number): Topology | undefined {
    try {
      return { ...parseTopologyObject(filled, { name: this.#name }), name: this.#name };
    } catch (cause) {
      if (!(cause instanceof TopologyError)) throw cause;
      for (const { message, path, hint } of cause.mistakes) {
        const where = nearest(this.#template, stepsOf(path));
        this.#reading.mistake(['topology', ...where], `${message}, with ${choiceOf(cell, seed)}`, { hint });
      }
      return undefined;
    }
  }
}

function parsed(value: unknown, name: string): Topology | undefined {
  try {
    return parseTopologyObject(value, { name });
  } catch (cause) {
    if (cause instanceof TopologyError) return undefined;
    throw cause;
  }
}

/** A template as it is in one cell. */
export function filledFor(template: unknown, cell: Cell, seed: number): unknown {
  const values = { ...cell.values, [SEED]: seed };
  // A value may hold parameters itself, as a shape holds its seed.
  return fill(fill(template, values), values);
}

/** Which choice of parameters something is about: `degree=3 and seed 1`. */
export function choiceOf({ key }: Cell, seed: number): string {
  return key === 'all' ? `seed ${seed}` : `${key} and seed ${seed}`;
}

/** As far as a template has a place, since what a parameter stands for has none. */
export function nearest(template: unknown, path: Path): Path {
  const known = path.findIndex((_, index) => valueAt(template, path.slice(0, index + 1) as string[]) === undefined);
  return known < 0 ? path : path.slice(0, known);
}

/** `links[2].to` as its steps. */
export function stepsOf(path: string): Path {
  return [...path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([\w-]+)/g)].map(([, index, quoted, plain]) =>
    index === undefined ? (quoted ?? plain)! : Number(index),
  );
}
