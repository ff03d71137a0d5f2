import type { NodeImage } from '../engine/images/node-image.ts';
import type { PlanStep } from './plan-step.ts';

/** Progress of `up`. Counts grow to those of the topology, `started` to the number of nodes to create. */
export type UpStep =
  | { step: 'image'; image: NodeImage }
  /** `change`: the network exists, and these steps change it into the declared one. */
  | { step: 'plan'; steps: readonly PlanStep[]; change: boolean }
  | { step: 'network'; subnet: string; internal: boolean }
  | { step: 'started'; done: number }
  | { step: 'listening'; done: number }
  | { step: 'seeded'; done: number }
  | { step: 'verified'; done: number }
  | { step: 'removing'; why: Error };
