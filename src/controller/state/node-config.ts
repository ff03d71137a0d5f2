import { createHash } from 'node:crypto';
import type { TopologyNode } from '../../topology/index.ts';

/** Settings of a node that its container is created with. */
export type ContainerSettings = Omit<TopologyNode, 'host' | 'spread' | 'constraints' | 'metrics'>;

/**
 * Returns those settings of a node that its container is created with. Its host is none of them: a container is where it is. Where its
 * metrics are matters to their readers alone.
 */
export function containerSettings(node: TopologyNode): ContainerSettings {
  const { host: _, spread: __, constraints: ___, metrics: ____, ...settings } = node;
  return settings;
}

/** Returns a hash of the {@link containerSettings}. */
export function hashNodeConfig(node: TopologyNode): string {
  return createHash('sha256')
    .update(canonicalJson(containerSettings(node)))
    .digest('hex')
    .slice(0, 16);
}

/** Returns a value's JSON with sorted keys: equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort())
      : inner,
  );
}
