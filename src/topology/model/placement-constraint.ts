/** `region == eu`, `disk != hdd`; `node.labels.` may come first, as in Swarm's own constraints. */
export const PLACEMENT_CONSTRAINT_PATTERN =
  /^\s*(?:node\.labels\.)?([A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?)\s*(==|!=)\s*([A-Za-z0-9](?:[A-Za-z0-9._:/-]*[A-Za-z0-9])?)\s*$/;

/** Returns a constraint in its one form, `region==eu`. @param text that matches the pattern */
export function normalizeConstraint(text: string): string {
  return text.replace(PLACEMENT_CONSTRAINT_PATTERN, '$1$2$3');
}

/**
 * Returns whether a host with these labels meets all constraints. As Swarm has it, values are compared without regard to case, and
 * a host without a label meets every `!=` of it.
 */
export function meetsConstraints(
  labels: Readonly<Record<string, string>>,
  constraints: readonly string[] | undefined = [],
): boolean {
  return constraints.every((constraint) => {
    const [, label = '', operator, value = ''] = PLACEMENT_CONSTRAINT_PATTERN.exec(constraint) ?? [];
    return (labels[label]?.toLowerCase() === value.toLowerCase()) === (operator === '==');
  });
}
