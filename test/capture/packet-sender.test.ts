import { describe, expect, it } from 'vitest';
import { senderOf } from '../../src/capture/packet-sender.ts';
import { BY_THIS_MACHINE, cooked, TO_OTHERS, tcpPacket } from './packets.ts';

const nodes = new Map([
  ['10.64.0.2', 'n1'],
  ['10.64.0.3', 'n2'],
]);
const ip = (from: string) => tcpPacket({ from, to: '10.64.0.3', sequence: 1, text: '' });
const arp = Buffer.concat([Buffer.alloc(14), Buffer.from([10, 64, 0, 3]), Buffer.alloc(10)]);

describe('the sender of a packet', () => {
  it.each([
    ['a node, at its port of the bridge', cooked(0x0800, TO_OTHERS, ip('10.64.0.2')), 'n1'],
    ['a node that asks for an address', cooked(0x0806, TO_OTHERS, arp), 'n2'],
    ['the controller', cooked(0x0800, BY_THIS_MACHINE, ip('10.64.0.1')), undefined],
    ['the proxy in the name of a node', cooked(0x0800, BY_THIS_MACHINE, ip('10.64.0.2')), 'copy'],
    ['somebody with IPv6', cooked(0x86dd, TO_OTHERS, Buffer.alloc(40)), undefined],
    ['a packet that was cut', Buffer.alloc(10), undefined],
  ])('is %s', (_, packet, sender) => {
    expect(senderOf(packet, nodes)).toBe(sender);
  });
});
