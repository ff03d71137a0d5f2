import type { Section } from '../case.ts';
import { envelope } from './envelope.ts';
import { framing } from './framing.ts';
import { gossip } from './gossip.ts';
import { hostileJson } from './hostile-json.ts';
import { meaning } from './meaning.ts';
import { resilience } from './resilience.ts';

/** Every section of the suite, in order. */
export const SECTIONS: readonly Section[] = [framing, envelope, hostileJson, meaning, gossip, resilience];
