import { isMap } from '../../topology/document/diagnostic-text.ts';
import { parseDocumentPath } from '../../topology/document/document-path.ts';
import type { ParseContext } from '../../topology/document/parse-context.ts';
import { parseTopologyObject, type Topology, TopologyError } from '../../topology/index.ts';
import type { MatrixCell } from './matrix.ts';
import { seedNodes } from './randomness.ts';
import { describeCell, fillForCell, nearestTemplatePath } from './template.ts';

/** Parses the topology of each cell and seed; equal ones are parsed once. */
export class TopologyCache {
  readonly #context: ParseContext;
  readonly #template: unknown;
  readonly #name: string;
  readonly #topologies = new Map<string, Topology | undefined>();
  readonly #fallbacks = new Map<string | undefined, Topology | undefined>();

  constructor(context: ParseContext, template: unknown, name: string) {
    this.#context = context;
    this.#template = template;
    this.#name = name;
  }

  /** Returns undefined, and reports why, when the topology has mistakes. */
  topologyFor(cell: MatrixCell, seed: number): Topology | undefined {
    const filled = fillForCell(this.#template, cell, seed);
    return cached(this.#topologies, JSON.stringify(filled), () =>
      this.#parse(filled, ({ message, path, hint }) => {
        const nearest = nearestTemplatePath(this.#template, parseDocumentPath(path));
        this.#context.report(['topology', ...nearest], `${message}, with ${describeCell(cell, seed)}`, { hint });
      }),
    );
  }

  /**
   * Returns the same nodes as a full mesh, by which senders and faults can be checked when the links of the topology have
   * mistakes. Undefined when its nodes have mistakes.
   */
  meshFallbackFor(cell: MatrixCell, seed: number): Topology | undefined {
    const filled = fillForCell(this.#template, cell, seed);
    const nodes = isMap(filled) ? filled.nodes : undefined;
    return cached(this.#fallbacks, JSON.stringify(nodes), () => this.#parse({ nodes, links: 'mesh' }));
  }

  #parse(
    value: unknown,
    report: (diagnostic: TopologyError['diagnostics'][number]) => void = () => {},
  ): Topology | undefined {
    try {
      return seedNodes({ ...parseTopologyObject(value, { name: this.#name }), name: this.#name });
    } catch (cause) {
      if (!(cause instanceof TopologyError)) throw cause;
      cause.diagnostics.forEach(report);
      return undefined;
    }
  }
}

function cached<Key, Value>(cache: Map<Key, Value>, key: Key, compute: () => Value): Value {
  if (!cache.has(key)) cache.set(key, compute());
  return cache.get(key)!;
}
