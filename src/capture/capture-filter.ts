import { DevnetError } from '../shared/errors.ts';

/**
 * Returns an expression of pcap-filter(7) for the packets of a node, of two nodes with each other, or of all nodes, that also match an
 * expression; undefined for all packets.
 * @param addresses IPv4, of none, one or two nodes
 * @throws DevnetError `usage` for an expression whose brackets do not match
 */
export function captureFilter(addresses: readonly string[], expression: string | undefined): string | undefined {
  const conditions = addresses.map((address) => `host ${address}`);
  if (expression !== undefined && expression.trim() !== '') {
    assertBalanced(expression);
    conditions.push(conditions.length === 0 ? expression : `(${expression})`);
  }
  return conditions.length === 0 ? undefined : conditions.join(' and ');
}

/** A bracket too many would end the condition that keeps a capture to its network. */
function assertBalanced(expression: string): void {
  let depth = 0;
  for (const character of expression) {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (depth < 0) break;
  }
  if (depth !== 0) throw new DevnetError('usage', `the brackets of the filter "${expression}" do not match`);
}
