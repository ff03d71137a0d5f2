import type { Fault, FaultHandle } from '../network/fault.ts';
import { DevnetError } from '../shared/errors.ts';
import type { LinkConditions } from '../topology/model/topology.ts';
import { parseBitRate, parseMilliseconds, parsePercentage } from '../topology/model/units.ts';

/** Link conditions as text with a unit, `delay: '50ms'`, `loss: '1%'`, `rate: '10mbit'`, or as plain numbers. */
export type LinkConditionsInput = {
  /** One-way delay; as a number, milliseconds. @default none */
  delay?: string | number;
  /** Variation of delays, either way; as a number, milliseconds. @default none */
  jitter?: string | number;
  /** Rate limit; as a number, bits per second. @default none */
  rate?: string | number;
  /** Share of packets to lose; as a number, probability from 0 to 1. @default none */
  loss?: string | number;
  /** Share of packets to deliver twice; as a number, probability from 0 to 1. @default none */
  duplicate?: string | number;
  /** Share of packets to deliver before earlier ones; as a number, probability from 0 to 1. @default none */
  reorder?: string | number;
  /** Share of packets to flip a bit in; as a number, probability from 0 to 1. @default none */
  corrupt?: string | number;
};

/** Options of faults on a link. */
export interface LinkFaultOptions {
  /** Only from the first node to the second. @default false */
  oneway?: boolean;
  /** Name of the fault. @default a new one */
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

type InjectFault = (fault: Fault, name?: string) => Promise<FaultHandle>;

/** The link between two nodes, for faults on its packets. */
export class LinkHandle {
  readonly #inject: InjectFault;
  readonly #a: string;
  readonly #b: string;

  /** @internal Made by `Devnet.link`. */
  constructor(inject: InjectFault, a: string, b: string) {
    this.#inject = inject;
    this.#a = a;
    this.#b = b;
  }

  /**
   * Replaces all conditions of the link. Healing the fault restores those it had.
   * @throws UnsupportedError on the `process` engine; DevnetError `usage` for unknown conditions and values, `links_failed` when
   *   the kernel cannot
   */
  async set(conditions: LinkConditionsInput, { oneway = false, name }: LinkFaultOptions = {}): Promise<FaultHandle> {
    return this.#inject(
      { kind: 'link', from: this.#a, to: this.#b, oneway, quality: parseLinkConditions(conditions) },
      name,
    );
  }

  /**
   * Drops everything between the two nodes until the fault is healed.
   * @throws UnsupportedError on the `process` engine; DevnetError `links_failed`
   */
  async cut({ oneway = false, name }: LinkFaultOptions = {}): Promise<FaultHandle> {
    const [forward, backward] = [
      { from: [this.#a], to: [this.#b] },
      { from: [this.#b], to: [this.#a] },
    ];
    return this.#inject({ kind: 'partition', cuts: oneway ? [forward] : [forward, backward] }, name);
  }
}

function parseLinkConditions(input: LinkConditionsInput): LinkConditions {
  const conditions: LinkConditions = {};
  for (const [key, value] of Object.entries(input) as [keyof LinkConditions, string | number | undefined][]) {
    if (value === undefined) continue;
    const parse = CONDITION_PARSERS[key] as ((text: string) => number | undefined) | undefined;
    const number = typeof value === 'number' ? value : parse?.(value);
    if (parse === undefined || number === undefined || !(number >= 0)) {
      throw new DevnetError('usage', `unknown link condition ${key}: ${JSON.stringify(value)}`, {
        hint: `delay: '50ms', jitter: '5ms', rate: '10mbit', loss: '1%', duplicate, reorder, corrupt: '0.1%'`,
      });
    }
    conditions[key] = number;
  }
  return conditions;
}
