import { describe, expect, it } from 'vitest';
import { captureFilter } from '../../src/capture/capture-filter.ts';

describe('the filter of a capture', () => {
  it.each([
    [[], undefined, undefined],
    [[], ' ', undefined],
    [[], 'tcp or udp', 'tcp or udp'],
    [['10.64.0.2'], undefined, 'host 10.64.0.2'],
    [['10.64.0.2', '10.64.0.3'], undefined, 'host 10.64.0.2 and host 10.64.0.3'],
    [['10.64.0.2'], 'tcp or udp', 'host 10.64.0.2 and (tcp or udp)'],
  ])('of %j and %j', (addresses, expression, filter) => {
    expect(captureFilter(addresses, expression)).toBe(filter);
  });

  it.each(['(tcp', 'tcp)', 'tcp) or (port 22'])('refuses %j, which would reach beyond the network', (expression) => {
    expect(() => captureFilter(['10.64.0.2'], expression)).toThrow('do not match');
  });
});
