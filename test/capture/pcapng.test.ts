import { describe, expect, it } from 'vitest';
import {
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  nameResolution,
  sectionHeader,
} from '../../src/capture/pcapng.ts';

describe('blocks of a pcapng file', () => {
  const packet = { interfaceIndex: 1, timeNs: 0x1_0000_0002n, data: Buffer.from('abcde'), originalBytes: 9 };
  it.each([
    [
      'the section header',
      sectionHeader({ comment: 'abcd', application: 'ef' }),
      '0a0d0d0a 30000000 4d3c2b1a 01000000 ffffffffffffffff 01000400 61626364 04000200 65660000 00000000 30000000',
    ],
    [
      'an interface',
      interfaceDescription({ name: 'n1', description: 'd', address: '10.64.0.2', filter: 'x' }),
      '01000000 44000000 14010000 00000000 02000200 6e310000 03000100 64000000 04000800 0a400002 ffffffff ' +
        '09000100 09000000 0b000200 00780000 00000000 44000000',
    ],
    [
      'names of addresses',
      nameResolution([['10.64.0.2', 'n1']]),
      '04000000 1c000000 01000700 0a400002 6e310000 00000000 1c000000',
    ],
    [
      'a packet',
      enhancedPacket(packet),
      '06000000 34000000 01000000 01000000 02000000 05000000 09000000 61626364 65000000 02000400 02000000 00000000 34000000',
    ],
    [
      'statistics',
      interfaceStatistics(2, 3n, 4),
      '05000000 28000000 02000000 00000000 03000000 07000800 0400000000000000 00000000 28000000',
    ],
  ])('%s', (_, block, hex) => {
    expect(block.toString('hex')).toBe(hex.replaceAll(' ', ''));
    // The length stands at both ends, so that a file can be read backwards.
    expect([block.readUInt32LE(4), block.readUInt32LE(block.length - 4)]).toEqual([block.length, block.length]);
  });
});
