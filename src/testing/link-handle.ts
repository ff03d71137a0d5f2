import type { Fault, FaultHandle } from '../network/fault.ts';
import { checkOptions, LINK_FAULT_OPTIONS } from './input/check-input.ts';
import { type LinkConditionsInput, parseLinkConditions } from './input/fault-input.ts';
import type { FaultOptions, LinkFaultOptions } from './input/options.ts';

/** The link between two nodes, for faults on its packets. */
export class LinkHandle {
  readonly #inject: (fault: Fault, options: FaultOptions) => Promise<FaultHandle>;
  readonly #a: string;
  readonly #b: string;

  /** @internal Made by `Devnet.link`. */
  constructor(inject: (fault: Fault, options: FaultOptions) => Promise<FaultHandle>, a: string, b: string) {
    this.#inject = inject;
    this.#a = a;
    this.#b = b;
  }

  /**
   * Replaces all conditions of the link, declared ones included; `{}` turns all off. Healing the fault restores those it had.
   * @throws UnsupportedError on the `process` engine; DevnetError `usage` for unknown conditions and values, `links_failed` when
   *   the kernel cannot
   */
  async set(conditions: LinkConditionsInput, options: LinkFaultOptions = {}): Promise<FaultHandle> {
    checkOptions('set', options, LINK_FAULT_OPTIONS);
    const quality = parseLinkConditions(conditions);
    return this.#inject(
      { kind: 'link', from: this.#a, to: this.#b, oneway: options.oneway ?? false, quality },
      options,
    );
  }

  /**
   * Drops everything between the two nodes until the fault is healed. Connections stay open, and nothing arrives.
   * @throws UnsupportedError on the `process` engine; DevnetError `usage`, `links_failed`
   */
  async cut(options: LinkFaultOptions = {}): Promise<FaultHandle> {
    checkOptions('cut', options, LINK_FAULT_OPTIONS);
    const forward = { from: [this.#a], to: [this.#b] };
    const backward = { from: [this.#b], to: [this.#a] };
    return this.#inject({ kind: 'partition', cuts: options.oneway ? [forward] : [forward, backward] }, options);
  }
}
