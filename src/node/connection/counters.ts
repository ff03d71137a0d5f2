import type { Counters, Traffic } from '../../protocol/index.ts';

/** Traffic of a connection that is new. */
export function newTraffic(): Traffic {
  return { messages_in: 0, messages_out: 0, bytes_in: 0, bytes_out: 0 };
}

/** Counters of a node that has done nothing yet. */
export function newCounters(): Counters {
  return {
    ...newTraffic(),
    errors_out: 0,
    gossip_received: 0,
    gossip_duplicate: 0,
    gossip_forwarded: 0,
    gossip_announced: 0,
    gossip_asked: 0,
    gossip_late: 0,
    dropped: 0,
    dials: 0,
    inbound_accepted: 0,
    inbound_refused: 0,
  };
}
