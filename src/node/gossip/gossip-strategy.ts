import { DEFAULT_LIMITS } from '../../protocol/index.ts';

/**
 * How a node passes news on: whole to all its links (`flood`), whole to some of them (`fanout`), or by telling all that
 * it has it and giving it to those that ask (`announce`).
 */
export type GossipStrategy =
  | { readonly kind: 'flood' }
  | { readonly kind: 'fanout'; readonly copies: number }
  | { readonly kind: 'announce' };

export const FLOOD: GossipStrategy = { kind: 'flood' };

/** Most copies that can be asked for: as many as a node has peers unless told otherwise. */
export const MAX_FANOUT = DEFAULT_LIMITS.maxPeers;

/** Reads `flood`, `fanout:3` or `announce`; undefined for anything else. */
export function parseGossipStrategy(text: string): GossipStrategy | undefined {
  if (text === 'flood' || text === 'announce') return { kind: text };
  const copies = Number(/^fanout:([1-9]\d{0,4})$/.exec(text)?.[1]);
  return copies <= MAX_FANOUT ? { kind: 'fanout', copies } : undefined;
}

/** What {@link parseGossipStrategy} reads. */
export function formatGossipStrategy(strategy: GossipStrategy): string {
  return strategy.kind === 'fanout' ? `fanout:${strategy.copies}` : strategy.kind;
}
