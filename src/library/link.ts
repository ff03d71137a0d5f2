import { DevnetError } from '../errors.ts';
import type { Fault, LinkQuality } from '../scenario/fault.ts';
import { bitsPerSecond, chance, milliseconds } from '../topology/units.ts';
import type { Injected } from './backend.ts';

/** How packets fare, as people write it: `delay: '50ms'`, `loss: '1%'`, `rate: '10mbit'`; or as numbers, see there. */
export type QualityInput = {
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

export interface WayOptions {
  /** Only from the first to the second. */
  oneway?: boolean;
  /** Of the fault; by default one that no other has. */
  name?: string;
}

const READ = {
  delay: milliseconds,
  jitter: milliseconds,
  rate: bitsPerSecond,
  loss: chance,
  duplicate: chance,
  reorder: chance,
  corrupt: chance,
} as const;

/** Injects a fault; by default under a name that no other has. */
type Inject = (fault: Fault, name?: string) => Promise<Injected>;

/** The link between two nodes: what is done to packets between them. */
export class DevnetLink {
  readonly #inject: Inject;
  readonly #a: string;
  readonly #b: string;

  constructor(inject: Inject, a: string, b: string) {
    this.#inject = inject;
    this.#a = a;
    this.#b = b;
  }

  /**
   * Gives the link these conditions, whole, in the place of those it had. `heal` of what it returns gives those back.
   * @throws DevnetError `usage` for what is no quality, `links_failed` where the kernel cannot
   */
  async set(quality: QualityInput, { oneway = false, name }: WayOptions = {}): Promise<Injected> {
    return this.#inject({ kind: 'link', from: this.#a, to: this.#b, oneway, quality: readQuality(quality) }, name);
  }

  /** Nothing passes between the two, until it is healed. */
  async cut({ oneway = false, name }: WayOptions = {}): Promise<Injected> {
    const [there, back] = [
      { from: [this.#a], to: [this.#b] },
      { from: [this.#b], to: [this.#a] },
    ];
    return this.#inject({ kind: 'partition', cuts: oneway ? [there] : [there, back] }, name);
  }
}

function readQuality(input: QualityInput): LinkQuality {
  const quality: LinkQuality = {};
  for (const [key, value] of Object.entries(input) as [keyof LinkQuality, string | number | undefined][]) {
    if (value === undefined) continue;
    const read = READ[key] as ((text: string) => number | undefined) | undefined;
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
