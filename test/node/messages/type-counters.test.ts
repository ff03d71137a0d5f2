import { describe, expect, it } from 'vitest';
import { TypeCounters } from '../../../src/node/messages/type-counters.ts';

describe('counters of message types', () => {
  it('count each known type both ways, and all unknown ones as one', () => {
    const counters = new TypeCounters((type) => type === 'ping');
    counters.countReceived('ping', 10);
    counters.countReceived('ping', 5);
    counters.countReceived('constructor', 7);
    counters.countReceived('x', 1);
    counters.countSent('pong', 3);
    const none = { messages_in: 0, messages_out: 0, bytes_in: 0, bytes_out: 0 };
    expect(counters.toJSON()).toEqual({
      ping: { ...none, messages_in: 2, bytes_in: 15 },
      unknown: { ...none, messages_in: 2, bytes_in: 8 },
      pong: { ...none, messages_out: 1, bytes_out: 3 },
    });
  });
});
