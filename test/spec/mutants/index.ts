import { envelope } from './envelope.ts';
import { framing } from './framing.ts';
import { gossip } from './gossip.ts';
import { hostileJson } from './hostile-json.ts';
import type { Mutant } from './mutant.ts';
import { resilience } from './resilience.ts';
import { semantics } from './semantics.ts';

export const MUTANTS: readonly Mutant[] = [
  ...framing,
  ...envelope,
  ...hostileJson,
  ...semantics,
  ...gossip,
  ...resilience,
];
