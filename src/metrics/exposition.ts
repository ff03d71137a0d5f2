/** A metric of a text in Prometheus' format: its description and its samples, as lines. */
interface MetricFamily {
  /** `# HELP …` and `# TYPE …` lines. */
  comments: string[];
  samples: string[];
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?(\s+\S+(?:\s+-?\d+)?)\s*$/;
const COMMENT = /^#\s+(HELP|TYPE)\s+([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\s|$)/;
/** Ends of the names of samples that belong to a metric without them. */
const SAMPLE_SUFFIX = /_(bucket|sum|count|total|created|info)$/;
/** Metrics of devnet's own, which no node's can have the name of. */
const OWN_PREFIX = 'devnet_';

/**
 * Merges what nodes say at endpoints of their own into one text, each sample with the node it comes from: a label `node`. One of
 * that name becomes `exported_node`, as Prometheus itself would name it. Lines that are in no such format are left out.
 */
export function mergeNodeTexts(texts: ReadonlyMap<string, string>): string {
  const families = new Map<string, MetricFamily>();
  const familyOf = (name: string) => {
    const known = families.get(name);
    if (known) return known;
    const added: MetricFamily = { comments: [], samples: [] };
    families.set(name, added);
    return added;
  };
  for (const [node, text] of texts) {
    const described = new Set<string>();
    for (const line of text.split('\n')) {
      const comment = COMMENT.exec(line);
      const sample = comment ? null : SAMPLE.exec(line);
      if (comment) {
        const [, kind = '', name = ''] = comment;
        described.add(name);
        const { comments } = familyOf(name);
        // The first node's description counts.
        if (!comments.some((known) => COMMENT.exec(known)?.[1] === kind)) comments.push(line.trimEnd());
      } else if (sample) {
        const [, name = '', labels = '', value = ''] = sample;
        const base = name.replace(SAMPLE_SUFFIX, '');
        familyOf(described.has(name) || !described.has(base) ? name : base).samples.push(
          `${name}{${[`node="${node}"`, renameNodeLabel(labels)].filter((part) => part !== '').join(',')}}${value}`,
        );
      }
    }
  }
  return [...families]
    .filter(([name, { samples }]) => samples.length > 0 && !name.startsWith(OWN_PREFIX))
    .flatMap(([, { comments, samples }]) => [...comments, ...samples])
    .map((line) => `${line}\n`)
    .join('');
}

/** Renames a label `node`; values, which may contain anything, stay as they are. */
function renameNodeLabel(labels: string): string {
  const trimmed = labels.replace(/,\s*$/, '');
  return trimmed.replace(/([a-zA-Z_][a-zA-Z0-9_]*)(\s*=\s*"(?:[^"\\]|\\.)*")/g, (all, name: string, value: string) =>
    name === 'node' ? `exported_node${value}` : all,
  );
}
