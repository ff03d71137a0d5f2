/** Terms of other tools, each with the terms of this one. */
const SYNONYMS: Record<string, string[]> = {
  attachment: ['attach'],
  bandwidth: ['rate'],
  bidirectional: ['both'],
  binary: ['tree'],
  caps: ['capabilities'],
  chain: ['line'],
  circle: ['ring'],
  cmd: ['command'],
  complete: ['mesh'],
  corruption: ['corrupt'],
  cpu: ['cpus'],
  cycle: ['ring'],
  destination: ['to'],
  drop: ['loss'],
  duplication: ['duplicate'],
  edges: ['links', 'count'],
  environment: ['env'],
  full: ['mesh'],
  k: ['degree'],
  kind: ['shape'],
  latency: ['delay'],
  lattice: ['grid'],
  m: ['attach', 'count'],
  mem: ['memory'],
  n: ['count'],
  p: ['probability', 'rewire'],
  path: ['line'],
  reordering: ['reorder'],
  reverse: ['back'],
  root: ['hub'],
  source: ['from'],
  target: ['to'],
  throughput: ['rate'],
  type: ['shape'],
  undirected: ['directed'],
  width: ['columns'],
  'barabasi-albert': ['scale-free'],
  'erdos-renyi': ['random'],
  'fully-connected': ['mesh'],
  'packet-loss': ['loss'],
  'random-regular': ['regular'],
  'watts-strogatz': ['small-world'],
};

/** Returns the known word that was most likely meant; undefined when none is close. */
export function suggestWord(word: string, known: Iterable<string>): string | undefined {
  const candidates = [...known];
  const lower = normaliseWord(word);
  const synonym = (Object.hasOwn(SYNONYMS, lower) ? SYNONYMS[lower]! : []).find((one) => candidates.includes(one));
  if (synonym !== undefined) return synonym;

  // A third of the letters may be wrong, so that short words do not match everything.
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(lower.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - lower.length) >= bestDistance) continue;
    const distance = editDistance(lower, normaliseWord(candidate));
    // A word of one letter is one edit away from every other: only a change of case counts there.
    if (distance >= bestDistance || (distance > 0 && lower.length < 2)) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** Ignores case and the kind of dash. */
function normaliseWord(word: string): string {
  return word.toLowerCase().replaceAll('_', '-');
}

/** Returns a hint for an unknown word: the known word it is close to, or else all known words if they fit on a line. */
export function didYouMean(word: string, known: Iterable<string>, what: string): string | undefined {
  const meant = suggestWord(word, known);
  if (meant !== undefined) return `did you mean ${JSON.stringify(meant)}?`;
  const all = [...known].join(', ');
  return all.length > 0 && all.length <= 120 ? `${what}: ${all}` : undefined;
}

/**
 * Counts the insertions, deletions, changes and swaps of neighbours that turn one word into the other (optimal string
 * alignment). fastest-levenshtein counts a swap as two edits, so that `prot` would no longer suggest `port`.
 */
function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = last[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      let least = Math.min(change, last[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
        least = Math.min(least, beforeLast[j - 2]! + 1);
      }
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[other.length]!;
}
