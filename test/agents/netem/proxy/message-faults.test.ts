import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corruptMessage, selectFault, withLineEnd } from '../../../../src/agents/netem/proxy/message-faults.ts';
import { MessageSplitter } from '../../../../src/agents/netem/proxy/message-splitter.ts';
import type { MessageFault } from '../../../../src/agents/netem/state/link-state.ts';

const drop = (changes: Partial<MessageFault>): MessageFault => ({
  fault: 'f',
  from: '10.64.0.2',
  to: '10.64.0.3',
  action: 'drop',
  probability: 1,
  ...changes,
});

describe('selectFault', () => {
  it.each([
    ['{"message_type":"gossip"}', true],
    ['{"payload":{"message_type":"ping"},"message_type":"gossip"}', true],
    ['{"message_type":"gossip","message_type":"ping"}', false],
    ['{"message_type":"\\u0067ossip"}\n\n', true],
    ['{"message_type":"Gossip"}', false],
    ['{"payload":"gossip"}', false],
    ['[{"message_type":"gossip"}]', false],
    ['{"message_type":gossip}', false],
  ])('selects %s for a fault of gossip: %s', (text, hit) => {
    expect(selectFault(Buffer.from(text), [drop({ type: 'gossip' })], () => 0) !== undefined).toBe(hit);
  });

  it('selects any message for a fault without a type, and takes the first fault that applies', () => {
    const faults = [drop({ probability: 0.5, fault: 'one' }), drop({ fault: 'two' })];
    expect(selectFault(Buffer.from('{}'), faults, () => 0.4)?.fault).toBe('one');
    expect(selectFault(Buffer.from('{}'), faults, () => 0.5)?.fault).toBe('two');
  });
});

describe('corruptMessage', () => {
  it('flips one bit and keeps the next message intact', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (payload, dice) => {
        const original = Buffer.from(`${JSON.stringify({ message_type: 'a', payload })}\n\n`);
        const turned = corruptMessage(original, () => dice);
        const bits = [...turned].map((byte, at) => byte ^ (original[at] as number)).filter((bit) => bit !== 0);
        expect(bits).toHaveLength(1);
        expect(Math.log2(bits[0] as number) % 1).toBe(0);
        const pieces = new MessageSplitter().push(Buffer.concat([turned, Buffer.from('{}')]), true);
        expect(pieces.at(-1)?.bytes.toString()).toBe('{}');
      }),
    );
  });
});

it('withLineEnd ends a message before another one is put after it', () => {
  expect(withLineEnd(Buffer.from('{}')).toString()).toBe('{}\n\n');
  expect(withLineEnd(Buffer.from('{}\n')).toString()).toBe('{}\n');
});
