import { Traffic } from '../../protocol/status.ts';

/** Name of all received types that the node does not know: strangers would otherwise make any number of counters. */
const UNKNOWN_TYPE = 'unknown';

/** Counts the messages of each type. */
export class TypeCounters {
  readonly #traffic = new Map<string, Traffic>();
  readonly #isKnown: (type: string) => boolean;

  constructor(isKnown: (type: string) => boolean) {
    this.#isKnown = isKnown;
  }

  countReceived(type: string, bytes: number): void {
    const traffic = this.#of(this.#isKnown(type) ? type : UNKNOWN_TYPE);
    traffic.messages_in++;
    traffic.bytes_in += bytes;
  }

  countSent(type: string, bytes: number): void {
    const traffic = this.#of(type);
    traffic.messages_out++;
    traffic.bytes_out += bytes;
  }

  toJSON(): Record<string, Traffic> {
    return Object.fromEntries([...this.#traffic].map(([type, traffic]) => [type, { ...traffic }]));
  }

  #of(type: string): Traffic {
    const known = this.#traffic.get(type);
    if (known) return known;
    const added = new Traffic();
    this.#traffic.set(type, added);
    return added;
  }
}
