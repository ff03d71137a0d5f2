import { isMap, valueAt } from '../../topology/document/diagnostic-text.ts';
import type { DocumentPath } from '../../topology/document/document-path.ts';
import type { ParseContext } from '../../topology/document/parse-context.ts';
import { parseTopologyObject, type Topology, TopologyError } from '../../topology/index.ts';
import type { MatrixCell } from './matrix.ts';
import { fillTemplate } from './template.ts';

/** Stands in a template for the seed of the run. */
export const SEED_PARAMETER = 'seed';

/** Makes the topologies of an experiment; those that are asked for twice are made once. */
export class TopologyCache {
  readonly #context: ParseContext;
  readonly #template: unknown;
  readonly #name: string;
  readonly #cache = new Map<string, Topology | undefined>();
  readonly #fallbacks = new Map<string | undefined, Topology | undefined>();

  constructor(reading: ParseContext, template: unknown, name: string) {
    this.#context = reading;
    this.#template = template;
    this.#name = name;
  }

  /** Undefined when it has mistakes, which are then noted. */
  topologyFor(cell: MatrixCell, seed: number): Topology | undefined {
    const filled = fillForCell(this.#template, cell, seed);
    const text = JSON.stringify(filled);
    if (!this.#cache.has(text)) this.#cache.set(text, this.#parse(filled, cell, seed));
    return this.#cache.get(text);
  }

  /**
   * The same nodes, with links from all to all: what is done to nodes and links can be looked at by it where the topology
   * has mistakes. Undefined when its nodes have some.
   */
  meshFallbackFor(cell: MatrixCell, seed: number): Topology | undefined {
    const filled = fillForCell(this.#template, cell, seed);
    const nodes = isMap(filled) ? filled.nodes : undefined;
    const text = JSON.stringify(nodes);
    if (!this.#fallbacks.has(text)) this.#fallbacks.set(text, tryParseTopology({ nodes, links: 'mesh' }, this.#name));
    return this.#fallbacks.get(text);
  }

  #parse(filled: unknown, cell: MatrixCell, seed: number): Topology | undefined {
    try {
      return { ...parseTopologyObject(filled, { name: this.#name }), name: this.#name };
    } catch (cause) {
      if (!(cause instanceof TopologyError)) throw cause;
      for (const { message, path, hint } of cause.diagnostics) {
        const where = nearestTemplatePath(this.#template, parsePath(path));
        this.#context.report(['topology', ...where], `${message}, with ${describeCell(cell, seed)}`, { hint });
      }
      return undefined;
    }
  }
}

function tryParseTopology(value: unknown, name: string): Topology | undefined {
  try {
    return parseTopologyObject(value, { name });
  } catch (cause) {
    if (cause instanceof TopologyError) return undefined;
    throw cause;
  }
}

/** A template as it is in one cell. */
export function fillForCell(template: unknown, cell: MatrixCell, seed: number): unknown {
  const values = { ...cell.values, [SEED_PARAMETER]: seed };
  // A value may hold parameters itself, as a shape holds its seed.
  return fillTemplate(fillTemplate(template, values), values);
}

/** Which choice of parameters something is about: `degree=3 and seed 1`. */
export function describeCell({ key }: MatrixCell, seed: number): string {
  return key === 'all' ? `seed ${seed}` : `${key} and seed ${seed}`;
}

/** As far as a template has a place, since what a parameter stands for has none. */
export function nearestTemplatePath(template: unknown, path: DocumentPath): DocumentPath {
  const known = path.findIndex((_, index) => valueAt(template, path.slice(0, index + 1) as string[]) === undefined);
  return known < 0 ? path : path.slice(0, known);
}

/** `links[2].to` as its steps. */
export function parsePath(path: string): DocumentPath {
  return [...path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([\w-]+)/g)].map(([, index, quoted, plain]) =>
    index === undefined ? (quoted ?? plain)! : Number(index),
  );
}
