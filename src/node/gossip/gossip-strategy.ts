import { DEFAULT_LIMITS } from '../../protocol/index.ts';

/**
 * Strategy for passing gossip on: in full to all its links (`flood`), in full to as many of them as `copies` says (`fanout`),
 * or by announcing it to all and sending it to those that request it (`announce`).
 */
export type GossipStrategy =
  | { readonly kind: 'flood' }
  | { readonly kind: 'fanout'; readonly copies: number }
  | { readonly kind: 'announce' };

/** Most copies of a fan-out: the peers a node may have by default. */
export const MAX_FANOUT = DEFAULT_LIMITS.maxPeers;

/** Parses `flood`, `fanout:3` or `announce`; returns undefined for anything else. */
export function parseGossipStrategy(text: string): GossipStrategy | undefined {
  if (text === 'flood' || text === 'announce') return { kind: text };
  const copies = Number(/^fanout:([1-9]\d{0,4})$/.exec(text)?.[1]);
  return copies <= MAX_FANOUT ? { kind: 'fanout', copies } : undefined;
}

/** Returns the text that {@link parseGossipStrategy} parses. */
export function formatGossipStrategy(strategy: GossipStrategy): string {
  return strategy.kind === 'fanout' ? `fanout:${strategy.copies}` : strategy.kind;
}
