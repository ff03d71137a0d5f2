import type { Fault, FaultHandle } from '../network/fault.ts';
import { DevnetError } from '../shared/errors.ts';
import type { LinkConditions } from '../topology/model/topology.ts';
import { parseBitRate, parseMilliseconds, parsePercentage } from '../topology/model/units.ts';

/** How packets fare, as people write it: `delay: '50ms'`, `loss: '1%'`, `rate: '10mbit'`; or as numbers, see there. */
export type LinkConditionsInput = {
  /** Milliseconds. */
  delay?: string | number;
  jitter?: string | number;
  /** Bits a second. */
  rate?: string | number;
  /** Chances, 0 to 1. */
  loss?: string | number;
  duplicate?: string | number;
  reorder?: string | number;
  corrupt?: string | number;
};

export interface LinkFaultOptions {
  /** Only from the first to the second. */
  oneway?: boolean;
  /** Of the fault; by default one that no other has. */
  name?: string;
}

const CONDITION_PARSERS = {
  delay: parseMilliseconds,
  jitter: parseMilliseconds,
  rate: parseBitRate,
  loss: parsePercentage,
  duplicate: parsePercentage,
  reorder: parsePercentage,
  corrupt: parsePercentage,
} as const;

/** Injects a fault; by default under a name that no other has. */
type InjectFault = (fault: Fault, name?: string) => Promise<FaultHandle>;

/** The link between two nodes: what is done to packets between them. */
export class LinkHandle {
  readonly #inject: InjectFault;
  readonly #a: string;
  readonly #b: string;

  constructor(inject: InjectFault, a: string, b: string) {
    this.#inject = inject;
    this.#a = a;
    this.#b = b;
  }

  /**
   * Gives the link these conditions, whole, in the place of those it had. `heal` of what it returns gives those back.
   * @throws DevnetError `usage` for what is no quality, `links_failed` where the kernel cannot
   */
  async set(quality: LinkConditionsInput, { oneway = false, name }: LinkFaultOptions = {}): Promise<FaultHandle> {
    return this.#inject(
      { kind: 'link', from: this.#a, to: this.#b, oneway, quality: parseLinkConditions(quality) },
      name,
    );
  }

  /** Nothing passes between the two, until it is healed. */
  async cut({ oneway = false, name }: LinkFaultOptions = {}): Promise<FaultHandle> {
    const [there, back] = [
      { from: [this.#a], to: [this.#b] },
      { from: [this.#b], to: [this.#a] },
    ];
    return this.#inject({ kind: 'partition', cuts: oneway ? [there] : [there, back] }, name);
  }
}

function parseLinkConditions(input: LinkConditionsInput): LinkConditions {
  const quality: LinkConditions = {};
  for (const [key, value] of Object.entries(input) as [keyof LinkConditions, string | number | undefined][]) {
    if (value === undefined) continue;
    const read = CONDITION_PARSERS[key] as ((text: string) => number | undefined) | undefined;
    const number = typeof value === 'number' ? value : read?.(value);
    if (read === undefined || number === undefined || !(number >= 0)) {
      throw new DevnetError('usage', `${key}: ${JSON.stringify(value)} is no quality of a link`, {
        hint: `delay: '50ms', jitter: '5ms', rate: '10mbit', loss: '1%', duplicate, reorder, corrupt: '0.1%'`,
      });
    }
    quality[key] = number;
  }
  return quality;
}
