import { expect, it } from 'vitest';
import { findOverlayNamespace } from '../../../src/agents/overlay/overlay-namespace.ts';

const ID = 'xbwajw7twon3g677g1hjw2y8c';

it.each([
  [['1-d81rbw7t1s', '1-xbwajw7two', '45afa3820d9f', 'ingress_sbox', 'lb_xbwajw7tw'], '1-xbwajw7two'],
  [['10-xbwajw7two', '9-xbwajw7two'], '10-xbwajw7two'],
  [['lb_xbwajw7two', 'xbwajw7two', '1-xbwajw7tw'], undefined],
  [[], undefined],
])('finds the namespace of an overlay network among %j', (names, found) => {
  expect(findOverlayNamespace(names, ID)).toBe(found);
});
