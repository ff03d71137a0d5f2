import type { LinkNode, LinkState } from '../../../src/agents/netem/state/link-state.ts';

/** Returns the address of the n-th node, from 1. */
export const addressOf = (n: number): string => `10.64.${(n + 1) >> 8}.${(n + 1) & 255}`;

/** Returns a state with this many nodes and the given changes. */
export function linkStateWith(count: number, changes: Partial<LinkState> = {}): LinkState {
  const nodes = Array.from({ length: count }, (_, index): LinkNode => {
    const hex = (value: number) => value.toString(16).padStart(2, '0');
    const [, , third, fourth] = addressOf(index + 1)
      .split('.')
      .map(Number) as [number, number, number, number];
    return {
      name: `n${index + 1}`,
      address: addressOf(index + 1),
      port: 3000,
      mac: `02:42:0a:40:${hex(third)}:${hex(fourth)}`,
    };
  });
  return {
    devnet: 'lab',
    bridge: 'br-lab',
    gateway: '10.64.255.254',
    nodes,
    shaping: 'auto',
    conditions: [],
    overrides: [],
    cuts: [],
    messageFaults: [],
    ...changes,
  };
}
