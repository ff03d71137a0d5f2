import type { Packet } from './packet-reader.ts';

/** Time that a packet waits for earlier ones of other hosts, whose kernels hand them over in blocks. */
const HOLD_MS = 2_000;

/** Puts the packets of several sources, each of which has its own in about the right order, in the order of their times. */
export class PacketOrder {
  #waiting: { packet: Packet; arrivedMs: number }[] = [];

  push(packet: Packet, nowMs: number): void {
    this.#waiting.push({ packet, arrivedMs: nowMs });
  }

  /** Returns the packets before which none is expected any more. */
  take(nowMs: number): Packet[] {
    const due = this.#waiting
      .filter(({ arrivedMs }) => arrivedMs <= nowMs - HOLD_MS)
      .reduce<bigint>((latest, { packet: { timeNs } }) => (timeNs > latest ? timeNs : latest), -1n);
    return this.#takeUntil(due);
  }

  /** Returns all that is left. */
  rest(): Packet[] {
    return this.#takeUntil(undefined);
  }

  #takeUntil(due: bigint | undefined): Packet[] {
    const isDue = ({ packet }: { packet: Packet }) => due === undefined || packet.timeNs <= due;
    const taken = this.#waiting.filter(isDue).map(({ packet }) => packet);
    if (taken.length > 0) this.#waiting = this.#waiting.filter((one) => !isDue(one));
    return taken.sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0));
  }
}
