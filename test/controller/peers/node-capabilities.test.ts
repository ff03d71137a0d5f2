import { describe, expect, it } from 'vitest';
import { missingCapabilities } from '../../../src/network/peer-control/node-capabilities.ts';

describe('what a node lacks', () => {
  it.each([
    ['get_status', true, []],
    ['get_status', false, ['remove_peer']],
    ['get_peers', true, ['get_status']],
    ['get_peers', false, ['get_status', 'remove_peer']],
    ['none', true, ['get_status', 'get_peers']],
    ['none', false, ['get_status', 'get_peers', 'remove_peer']],
    ['down', undefined, undefined],
    ['get_status', undefined, undefined],
  ] as const)('asked by %s, and for removal %s: %j', (by, removes, lacks) => {
    expect(missingCapabilities(by, removes)).toEqual(lacks);
  });
});
