import { describe, expect, it } from 'vitest';
import { PacketReader } from '../../src/capture/packet-reader.ts';
import { pcapFile, pcapngFile } from './packets.ts';

const packets = [Buffer.from('first'), Buffer.alloc(0), Buffer.from('the third one')];

describe('packets of a pcap file', () => {
  it.each([
    ['little-endian', false, 1],
    ['little-endian', false, 7],
    ['big-endian', true, 1],
    ['big-endian', true, 1_000],
  ])('%s (%s), in pieces of %i bytes', (_, bigEndian, size) => {
    const file = pcapFile(packets, bigEndian);
    const reader = new PacketReader();
    const read = [];
    for (let at = 0; at < file.length; at += size) read.push(...reader.push(file.subarray(at, at + size)));
    expect(read.map(({ data }) => data.toString())).toEqual(['first', '', 'the third one']);
    expect(read.map(({ timeNs }) => timeNs)).toEqual([0n, 1n, 2n].map((ns) => 1_700_000_000_000_000_000n + ns));
  });

  it('refuses another file', () => {
    expect(() => new PacketReader().push(Buffer.alloc(24))).toThrow('no format');
  });
});

describe('packets of a pcapng file', () => {
  it.each([1, 13, 10_000])('in pieces of %i bytes', (size) => {
    const file = pcapngFile([
      { from: '10.64.0.2', to: '10.64.0.3', sequence: 1, text: 'first' },
      { from: '10.64.0.3', to: '10.64.0.2', sequence: 1, text: 'second' },
    ]);
    const reader = new PacketReader();
    const read = [];
    for (let at = 0; at < file.length; at += size) read.push(...reader.push(file.subarray(at, at + size)));
    expect(read.map(({ data }) => data.subarray(60).toString())).toEqual(['first', 'second']);
    expect(read.map(({ timeNs }) => timeNs)).toEqual([1_700_000_000_000_000_000n, 1_700_000_000_001_000_001n]);
  });
});
