import { createHash } from 'node:crypto';
import type { TopologyNode } from '../../topology/index.ts';

/**
 * Returns a hash of those settings of a node that its container is created with. Its host is none of them: a container is where
 * it is.
 */
export function hashNodeConfig({ host: _, spread: _spread, metrics: __, ...node }: TopologyNode): string {
  return createHash('sha256').update(canonicalJson(node)).digest('hex').slice(0, 16);
}

/** Returns a value's JSON with sorted keys: equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort())
      : inner,
  );
}
