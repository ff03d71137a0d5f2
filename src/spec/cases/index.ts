import type { SpecSection } from '../harness/spec-case.ts';
import { envelope } from './envelope.ts';
import { framing } from './framing.ts';
import { gossip } from './gossip.ts';
import { hostileJson } from './hostile-json.ts';
import { resilience } from './resilience.ts';
import { semantics } from './semantics.ts';

/** All sections, in order. */
export const SECTIONS: readonly SpecSection[] = [framing, envelope, hostileJson, semantics, gossip, resilience];
