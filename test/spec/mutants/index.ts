import { envelope } from './envelope.ts';
import { framing } from './framing.ts';
import { gossip } from './gossip.ts';
import { json } from './json.ts';
import { meaning } from './meaning.ts';
import type { Mutant } from './mutant.ts';
import { resilience } from './resilience.ts';

export const MUTANTS: readonly Mutant[] = [...framing, ...envelope, ...json, ...meaning, ...gossip, ...resilience];
